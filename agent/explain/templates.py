"""The sentence templates of a reason: `name` and `names` are items of the history, `kinds` categories of the item.

What the templates of one tuple claim is the same; which is taken varies inside a list.
"""

from agent.explain.evidence import Relation

# Other users. "Together" claims that users of one are users of the other more often than others are, and no more.
_LIKED_BY_YOU = (
    "People who liked {name}, as you did, like this more often than others do.",
    "You liked {name}; those who did like this one more often than the rest.",
    "{name}, which you liked, and this one are often liked by the same people.",
    "Among those who liked {name}, you among them, this is liked more often than elsewhere.",
    "It shares its admirers with {name}, which you liked.",
    "Others who liked {name}, as you did, like this more often than people do at large.",
    "This and {name}, which you liked, have their fans in common more often than chance would have it.",
    "You and others liked {name}: in that company this is liked more often than usual.",
    "The taste for {name}, which you share, often goes with a taste for this.",
    "Those who, like you, liked {name} are fond of this more often than others are.",
)
_MOST_LIKED_BY_YOU = (
    "Most people who liked {name}, as you did, liked this too.",
    "You liked {name}; most of the others who did liked this as well.",
    "Of those who liked {name}, which you liked, most like this one.",
    "Like you, others liked {name}, and most of them liked this.",
    "More than half of those who liked {name}, as you did, liked this.",
)
_LIKED = (
    "People who liked {name}, which is in your history, like this more often than others do.",
    "You know {name}; those who liked it like this one more often than the rest.",
    "{name} from your history and this one are often liked by the same people.",
    "Among those who liked {name}, which you know, this is liked more often than elsewhere.",
    "It shares its admirers with {name} from your history.",
    "This and {name}, which you know, have their fans in common more often than chance would have it.",
    "The taste for {name}, which you know, often goes with a taste for this.",
)
_MOST_LIKED = (
    "Most people who liked {name}, which is in your history, liked this too.",
    "You know {name}; most of those who liked it liked this as well.",
    "Of those who liked {name} from your history, most like this one.",
    "More than half of those who liked {name}, which you know, liked this.",
)
_HAD = (
    "People with {name} in their history, as in yours, have this more often than others.",
    "{name} from your history and this one are often chosen by the same people.",
    "Those who chose {name}, as you did, choose this more often than the rest.",
    "This is found more often than elsewhere in histories that have {name}, like yours.",
    "You share {name} with people who have this more often than others.",
    "Whoever has {name}, as you have, is more likely to have this than others are.",
    "With {name} in your history, you are among those who choose this more often.",
)
_MOST_HAVE = (
    "Most people with {name} in their history, as in yours, have this too.",
    "Of those who chose {name}, as you did, most chose this one.",
    "More than half of the histories with {name}, like yours, have this.",
)
# By relation, and by whether the user likes the source.
OF_USERS: dict[tuple[Relation, bool], tuple[str, ...]] = {
    ("liked together", True): _LIKED_BY_YOU,
    ("liked together", False): _LIKED,
    ("most like both", True): _MOST_LIKED_BY_YOU,
    ("most like both", False): _MOST_LIKED,
    **{("had together", liked): _HAD for liked in (True, False)},
    **{("most have both", liked): _MOST_HAVE for liked in (True, False)},
}

# One value in common.
SAME_VALUE = (
    "The same {field} as {names}, {known}: {value}.",
    "{value} again ({field}), as in {names}, {known}.",
    "What it shares with {names}, {known}, is the {field}: {value}.",
    "Like {names}, {known}, it has the {field} {value}.",
    "Its {field} is {value}, as that of {names}, {known}.",
)
# Categories in common, few items having all of them.
SAME_KINDS = (
    "You {verb} {names}: this is {kinds} too.",
    "What it shares with {names}, {known}, is {kinds}.",
    "{kinds_first} again, as in {names}, {known}.",
    "After {names}, {known}, more {kinds}.",
    "{kinds_first}, in common with {names}, {known}.",
    "It is {kinds} as well, close to {names}, {known}.",
    "The common thread with {names}, {known}: {kinds}.",
)
SAME_YEAR = (
    "It is of {value}, the year of {names}, {known}.",
    "From {value}, as {names}, {known}.",
)
SAME_DECADE = (
    "It is of the {value}s, as {names}, {known}.",
    "From the {value}s like {names}, {known}.",
)
# Nothing but that the score falls most without it.
STRONGEST = (
    "Of all that you know, {name} speaks most for it.",
    "It comes up because of {name} in your history.",
    "{name} in your history points to it.",
    "Without {name} in your history it would stand lower.",
    "Your having {name} in your history is what raises it.",
    "It follows from {name}, which you know.",
)
STRONGEST_LIKED = (
    "Of all that you liked, {name} speaks most for it.",
    "It comes up because you liked {name}.",
    "Your liking of {name} points to it.",
    "Without {name}, which you liked, it would stand lower.",
    "It follows from {name}, which you liked.",
)
# A second thing that is true of the same source.
ALSO_KINDS = (" Both are {kinds}.", " In common: {kinds}.", " And it is {kinds} too.")
ALSO_VALUE = (" The {field} is the same: {value}.", " {value} ({field}) is what both have.")
_ALSO_LIKED = (
    " The same people often like both.",
    " Their admirers are often the same.",
    " Those who like one like the other more often than others do.",
)
_ALSO_HAD = (" The same people often have both.", " Those who have one have the other more often than others do.")
ALSO_OF_USERS: dict[Relation, tuple[str, ...]] = {
    **dict.fromkeys(("liked together", "most like both"), _ALSO_LIKED),
    **dict.fromkeys(("had together", "most have both"), _ALSO_HAD),
}
KNOWN = {True: "which you liked", False: "which is in your history"}
VERB = {True: "liked", False: "know"}

# Of a user of whom nothing is known: the item's own attributes.
ALONE = (
    "This one is {kinds}{dated}.",
    "This is {kinds}{dated}.",
    "It is listed as {kinds}{dated}.",
    "It offers {kinds}{dated}.",
    "Here is {kinds}{dated}.",
    "A choice for {kinds}{dated}.",
    "For a taste of {kinds}{dated}.",
    "Worth a look for {kinds}{dated}.",
    "If {kinds} appeals, this may do{dated}.",
    "Something with {kinds}{dated}.",
)
DATED = ", from {year}"
OF_YEAR = "This one is from {year}."
OF_VALUE = "{field}: {value}."
OF_TITLE = "This is {name}."

# The constraints of the talk that the item satisfies.
WISHED = (
    " As you asked: {wishes}.",
    " And it is what you asked for: {wishes}.",
    " It fits what you asked for: {wishes}.",
    " Your wish holds: {wishes}.",
)

# What reviews say of an aspect of the item: two of them at least, and on the whole well, or badly.
PRAISED = (
    "Reviewers speak well of the {aspect}: “{quote}”",
    "Its {aspect} gets good words: “{quote}”",
    "Of the {aspect} one reviewer writes: “{quote}”",
    "On the {aspect}, from a review: “{quote}”",
    "The {aspect} pleases its reviewers: “{quote}”",
    "Reviews like the {aspect}, as in: “{quote}”",
    "A reviewer on the {aspect}: “{quote}”",
)
BLAMED = (
    "A drawback that reviews name, the {aspect}: “{quote}”",
    "Less so the {aspect}: “{quote}”",
    "Not all is well with the {aspect}: “{quote}”",
    "On the other hand, the {aspect}: “{quote}”",
)
