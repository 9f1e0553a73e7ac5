"""The files of a search that both training and plots read: names and columns."""

JOURNAL = ".grid.jsonl"

CELL_COLUMNS = (
    "cell", "feature_set", "architecture", "hidden", "dropout", "whiten", "prior", "l2", "learning_rate", "batch_size",
    "copies",
)  # fmt: skip

RESULT_COLUMNS = (*CELL_COLUMNS, "seed", "fold", "accuracy", "macro_f1", "log_loss", "epochs", "seconds", "status")

SUMMARY_COLUMNS = (*CELL_COLUMNS, "fits", "mean", "deviation", "low", "high", "macro_f1", "log_loss", "seconds")
