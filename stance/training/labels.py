"""The labels of a training pair."""

LABELS = ("entailment", "neutral", "contradiction", "not_entailment")
ENTAILMENT, NEUTRAL, CONTRADICTION, NOT_ENTAILMENT = range(4)
