/** The one-file report: the page with its data in it. */

import { EmbeddedSource, findEmbedded } from "../source/embedded";
import { showPage } from "./showPage";

const embedded = findEmbedded(document)!;
await showPage(new EmbeddedSource(embedded), embedded.view);
