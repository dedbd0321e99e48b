/** The page of a server. */

import { HttpSource } from "../source/http";
import { showPage } from "./showPage";

await showPage(new HttpSource(new URL("./", document.baseURI).href));
