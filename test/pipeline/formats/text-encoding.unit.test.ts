import iconv from 'iconv-lite';
import { expect, test } from 'vitest';
import { decodeText } from '../../../src/pipeline/formats/text-encoding.ts';

/** A text and encodings that it is saved in: short, as the first cues of a track are. */
const SAMPLES: readonly [string, ...string[]][] = [
  ['Вскипятите чашку воды.', 'windows-1251', 'koi8-r', 'iso-8859-5', 'cp866'],
  ['Вскипятите чашку воды.\r\nzwei\r\nZeilen, with many words of another language', 'windows-1251', 'koi8-r'],
  ['Βράστε ένα φλιτζάνι νερό.\r\nThe rest is in English, and there is more of it', 'windows-1253'],
  ['我们今天要把水烧开然后等三分钟', 'gbk', 'gb18030'],
  ['你好', 'gbk'],
  ['我們今天要把水燒開然後等三分鐘再倒進茶壺裡面去', 'big5'],
  ['今日はお湯を沸かして、三分待ってからポットに入れます。', 'shift_jis', 'euc-jp'],
  ['오늘은 물을 끓이고 삼 분 동안 기다린 다음 주전자에 붓습니다', 'euc-kr'],
  ["Faites bouillir de l'eau, puis versez-la dans la théière. Ça y est : « prêt » !", 'iso-8859-1'],
  ['Kochen Sie das Wasser für eine Minute. Das heißt: groß und schön.', 'windows-1252'],
  ['Für Ärzte', 'windows-1252'],
  ['It’s a café – “really”…', 'windows-1252'],
  ['¿Dónde está el niño? ¡Mañana será otro día!', 'windows-1252'],
  ['Zagotuj filiżankę wody. Źdźbło, żółć, gęślą jaźń.', 'windows-1250', 'iso-8859-2'],
  ['Příliš žluťoučký kůň úpěl ďábelské ódy.', 'windows-1250', 'iso-8859-2'],
  ['Forraljon fel egy csésze vizet. Őrült tűz, árvíztűrő tükörfúrógép.', 'windows-1250'],
  ['Bir bardak su kaynatın. Şimdi üç dakika bekleyin, ığdır.', 'windows-1254'],
  ['Βράστε ένα φλιτζάνι νερό. Περιμένετε τρία λεπτά.', 'windows-1253', 'iso-8859-7'],
  ['הרתיחו כוס מים. חכו שלוש דקות.', 'windows-1255'],
  ['اغلي كوبا من الماء. انتظر ثلاث دقائق.', 'windows-1256'],
  ['ต้มน้ำหนึ่งถ้วย รอสามนาที', 'windows-874'],
  ['Boil a cup of water', 'utf-16le', 'utf-16be'],
  ['我们今天要把水烧开', 'utf-16le', 'utf-16be'],
];

test.each(SAMPLES)('%s', (text, ...encodings) => {
  const track = `1\r\n00:00:01,000 --> 00:00:04,000\r\n${text}\r\n`;
  for (const encoding of encodings) {
    expect(decodeText(iconv.encode(track, encoding)), encoding).toMatchObject({ text: track, guessed: true });
    expect(decodeText(iconv.encode(track, encoding), encoding)).toEqual({ text: track, encoding, guessed: false });
  }
  for (const encoding of ['utf-8', 'utf-16le', 'utf-16be', 'utf-32le']) {
    const marked = iconv.encode(track, encoding, { addBOM: true });
    expect(decodeText(marked)).toEqual({ text: track, encoding, guessed: false });
  }
  expect(decodeText(Buffer.from(track))).toEqual({ text: track, encoding: 'utf-8', guessed: false });
});
