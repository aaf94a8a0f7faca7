"""The labels of a training pair."""

LABELS = ("entailment", "neutral", "contradiction", "not_entailment")
ENTAILMENT, NEUTRAL, CONTRADICTION, NOT_ENTAILMENT = range(4)
UNLABELLED = len(LABELS)
"""The label of a pair that only teachers answer."""
