"""Parts of the fuzzing command: seeds, mutations, targets, children and judgement."""
