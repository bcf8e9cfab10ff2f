"""The sentence templates of a reason. `names` are items of the history, `kinds` categories, `wishes` constraints."""

# How a reason begins: with what the user liked, or with what is only known to be in their history.
LIKED = (
    "You liked {names}: {link}",
    "Because you liked {names}: {link}",
    "You liked {names}, so this may suit you: {link}",
    "Since you liked {names}: {link}",
    "It goes with {names}, which you liked: {link}",
    "Close to {names}, which you liked: {link}",
    "For your liking of {names}: {link}",
    "After {names}, which you liked, this could be next: {link}",
)
IN_HISTORY = (
    "You know {names}: {link}",
    "After {names}, which you know, this could be next: {link}",
    "It goes with {names} from your history: {link}",
    "Close to {names} in your history: {link}",
    "Following on from {names} in your history: {link}",
    "With {names} in your history, this may suit you: {link}",
    "{names} in your history speaks for it: {link}",
)

# The link between those items and the recommended one: shared categories, or the item's own, or none at all.
SHARED = (
    "this is {kinds} too",
    "what they share is {kinds}",
    "{kinds} again",
    "more {kinds}",
    "what connects them is {kinds}",
    "here is {kinds} as well",
    "the common thread is {kinds}",
    "{kinds} once more",
)
OWN = (
    "this one is {kinds}",
    "this time it is {kinds}",
    "it offers {kinds}",
    "here it is {kinds}",
    "it is listed as {kinds}",
)
NO_LINK = "it comes next to that"
SAME_YEAR = ", from {year} as well"
SAME_DECADE = ", also from the {decade}s"
DATED = (", from {year}", "", ", of {year}")
SAME_VALUE = ", the same {field} too ({value})"

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
