"""Statistics of a corpus: groups of articles, periods, distances, words, typical sentences.

Every function takes a `Corpus`, the scored sentences as columns, and returns frozen rows.
"""

from stance.corpus.columns import Corpus, Groups, corpus_of_profiles, corpus_of_rows, groups_of
from stance.corpus.distances import Distances, group_distances
from stance.corpus.quoted import Quoted, quoted
from stance.corpus.tokens import WordCounts, count_words
from stance.corpus.trends import TrendPoint, trends
from stance.corpus.typical import TypicalSentence, typical_sentences
from stance.corpus.words import DistinctiveWord, distinctive_words, log_odds

__all__ = [
    "Corpus",
    "Distances",
    "DistinctiveWord",
    "Groups",
    "Quoted",
    "TrendPoint",
    "TypicalSentence",
    "WordCounts",
    "corpus_of_profiles",
    "corpus_of_rows",
    "count_words",
    "distinctive_words",
    "group_distances",
    "groups_of",
    "log_odds",
    "quoted",
    "trends",
    "typical_sentences",
]
