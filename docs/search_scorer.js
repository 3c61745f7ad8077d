/* Order of the results of the search: pages that explain come before the reference,
   lists of what was changed and of packages come last. */
var Scorer = {
  score: ([docname, , , , score, , kind]) => {
    if (kind === "index" || kind === "object") return score;
    if (/^(changelog|dependencies|security|bad_inputs.*|study_tables)$/.test(docname))
      return score - 4;
    if (/^(api\/|gallery\/)/.test(docname)) return score - 2;
    return score + (/^(glossary|guide\/)/.test(docname) ? 2 : 1);
  },
  // the rest as in Sphinx
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
