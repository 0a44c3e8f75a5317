import { Button } from '../ui/button.tsx';
import { attempt } from '../ui/notices.ts';
import type { EditSession } from './edit-session.ts';

/** Says that somebody else has saved, and lets the reader choose. Nothing is lost either way: taking theirs can be undone. */
export function ConflictNotice({ session }: { readonly session: EditSession }) {
  const theirs = session.elsewhere.value;
  if (theirs === undefined) return null;
  return (
    <div class="notice warn" role="alert">
      <div>
        <strong>This track was saved elsewhere while you edited it.</strong>
        <p class="small">
          Another tab or another person saved {theirs.cues.length} cues; you have {session.cues.value.length}. Your
          edits are still here. If you take theirs, undo brings yours back.
        </p>
      </div>
      <div class="row">
        <Button label="Take theirs" onPress={() => attempt(session.takeTheirs)} />
        <Button label="Save mine over theirs" onPress={() => attempt(session.keepMine)} />
      </div>
    </div>
  );
}
