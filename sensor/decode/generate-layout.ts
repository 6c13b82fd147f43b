import { text } from 'node:stream/consumers';
import { type BtfDump, renderLayout } from './render-layout.ts';

process.stdout.write(renderLayout(JSON.parse(await text(process.stdin)) as BtfDump));
