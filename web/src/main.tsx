import { render } from 'preact';
import { App } from './app.tsx';
import { followAddress } from './state/route.ts';
import { followSession, loadSession } from './state/session.ts';
import { followTheme } from './state/theme.ts';
import './styles/main.css';

followTheme();
followAddress();
followSession();
void loadSession();

const root = document.getElementById('page');
if (root !== null) render(<App />, root);
