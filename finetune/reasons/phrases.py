"""The phrases of the grammar: `(a|b|)` is a choice, `<NAME>` another phrase, a capital letter alone a slot.

What the phrases of one name claim is the same. Each true sentence of them passes the checker.
"""

THIS = "(this|this one|it)"
OTHERS = "(people|others|users|those)"
SAME = "the same (people|users)"

# How the items of the history are told of, by what is known of them and by how many they are.
CLAUSE = {
    "liked one": "you liked X",
    "liked two": "you liked (X and Y|both X and Y)",
    "known one": "(you know X|X is in your history|you have X in your history)",
    "known two": "(you know X and Y|X and Y are in your history|you have X and Y in your history)",
}
RELATIVE = {
    "liked one": "X, which you liked",
    "liked two": "X and Y, (which|both of which) you liked",
    "known one": "(X, which you know|X, which is in your history|X from your history|X, part of your history)",
    "known two": "(X and Y, (which|both of which) you know|X and Y from your history|X and Y, both in your history)",
}
OPENING = "(because|since|as|given that|seeing that)"
# A clause that follows `OPENING CLAUSE,` or `CLAUSE:`, and sentences that take a source with its relative clause.
FOLLOWING = {
    "categories": (
        "(<THIS> is K(| too| again| as well)|here is (|more |some more )K(| again)|expect (|more )K(| again)|"
        "you get (|more )K(| again| here too)|<THIS> (brings|offers|gives you) (|more )K(| again| as well)|"
        "<THIS> stays with K|<THIS> goes the same way, to K|K is what you find here (too|again)|here you find (|"
        "more )K)"
    ),
    "value": (
        "(the F is the same here: V|<THIS> has the same F: V|the F here is V (too|again|as well)|"
        "<THIS> shares the F: V|"
        "the F is again V|both have the F V|V is the F here (too|again|as well)|you meet the same F here: V)"
    ),
    "year": "(<THIS> is from the same year, T|<THIS> is from T (too|as well)|both are from T|here is one more from T)",
    "decade": (
        "(<THIS> is from the same years, the D|<THIS> is from the D (too|as well)|both are from the D|"
        "here is one more from the D)"
    ),
}
RELATED = {
    "categories": (
        "(what (links|connects|ties|joins) <THIS> (to|with) <R>, is K|(the common thread|what is shared|the link) with "
        "<R>, is K|K (again|once more), (as|just as) (in|with) <R>|like <R>, <THIS> is K|"
        "<THIS> has K in common with <R>|"
        "close to <R>: <THIS> is K (too|as well)|more K after <R>|K is what <THIS> shares with <R>|"
        "<THIS> follows <R>: K (again|once more)|as with <R>, you get K|if K is why you remember <R>, here is more)"
    ),
    "value": (
        "(what (links|connects|ties|joins) <THIS> (to|with) <R>, is the F: V|the same F as <R>: V|"
        "like <R>, <THIS> has the F V|<THIS> shares the F V with <R>|as with <R>, the F is V|"
        "V is the F, as with <R>|the link with <R>, is the F: V|V again, the same F as <R>)"
    ),
    "year": "(<THIS> is from T, (like|as) <R>|from T, (like|as) <R>|like <R>, <THIS> is from T)",
    "decade": "(<THIS> is from the D, (like|as) <R>|from the D, (like|as) <R>|like <R>, <THIS> is from the D)",
}
# The source that raises the score most, where nothing else is known of both.
NONE = {
    "liked": (
        "(of (all|everything|what) that you liked, X speaks (most|loudest) for <THIS>|"
        "<THIS> comes up because you liked X|"
        "your liking (of|for) X (points|leads) (to|here)|without X, which you liked, <THIS> would stand lower|"
        "what raises <THIS> is X, which you liked|X, which you liked, is what speaks for <THIS>|"
        "<THIS> follows from X, which you liked|because you liked X, <THIS> comes up)"
    ),
    "known": (
        "(of (all|everything|what) that you know, X speaks (most|loudest) for <THIS>|"
        "<THIS> comes up because of X in your history|X in your history (points|leads) (to this|here)|"
        "without X in your history, <THIS> would stand lower|what raises <THIS> is X, which you know|"
        "X, which is in your history, is what speaks for <THIS>|<THIS> follows from X in your history)"
    ),
}
MORE = "(more often than others(| do)|more often than the rest|more often than (people|users) elsewhere)"
TOGETHER = "(often like this(| one)(| too| as well)|like this(| one) <MORE>|are fond of this <MORE>)"
LIKE_YOU = "(| too|, as you did,|, like you,)"
WHICH = "(, which you know,|, which is in your history,| from your history)"
RELATIONS = {
    ("liked together", "liked"): (
        "(<OTHERS> who liked X<LIKE_YOU> <TOGETHER>|you liked X(:|, and) <OTHERS> who did <TOGETHER>|"
        "X, which you liked, and this(| one) are often liked by <SAME>|<THIS> is often liked by <OTHERS> who liked X"
        "(| too|, as you did)|among <OTHERS> who liked X, as you did, this(| one) is liked more often than elsewhere|"
        "since you liked X: <OTHERS> who did <TOGETHER>|like you, <OTHERS> liked X, and they <TOGETHER>)"
    ),
    ("liked together", "known"): (
        "(<OTHERS> who liked X<WHICH> <TOGETHER>|you know X(:|, and) <OTHERS> who liked it <TOGETHER>|"
        "X<WHICH> and this(| one) are often liked by <SAME>|"
        "<THIS> is often liked by <OTHERS> who liked X, which you know|"
        "among <OTHERS> who liked X<WHICH> this(| one) is liked more often than elsewhere|"
        "X is in your history(:|, and) <OTHERS> who liked it <TOGETHER>)"
    ),
    ("most like both", "liked"): (
        "(most (people|users|of those) who liked X<LIKE_YOU> (like|liked) this(| one)(| too| as well)|"
        "you liked X(:|, and) most (people|users|of those) who did (like|liked) this(| one)(| too| as well)|"
        "of (those|the people|the users) who liked X, as you did, most like this(| one)(| too)|"
        "more than half of (those|the people|the users) who liked X, as you did, (like|liked) this(| one)(| too)|"
        "<THIS> is liked by most (people|users) who liked X(| too|, as you did)|"
        "like you, others liked X, and most of them (like|liked) this(| one)(| too))"
    ),
    ("most like both", "known"): (
        "(most (people|users|of those) who liked X<WHICH> (like|liked) this(| one)(| too| as well)|"
        "you know X(:|, and) most (people|users|of those) who liked it (like|liked) this(| one)(| too| as well)|"
        "of (those|the people|the users) who liked X<WHICH> most like this(| one)(| too)|"
        "more than half of (those|the people|the users) who liked X<WHICH> (like|liked) this(| one)(| too)|"
        "<THIS> is liked by most (people|users) who liked X, which you know)"
    ),
    ("had together", "known"): (
        "(<OTHERS> who have X, as you have, (often have|often choose) this(| one)(| too| as well)|"
        "<OTHERS> who have X, as "
        "you have, have this(| one) <MORE>|X, which you know, and this(| one) are often chosen by <SAME>|"
        "you know X(:|, and) <OTHERS> who have it (often have|often choose) this(| one)(| too)|"
        "<THIS> is often chosen by <OTHERS> who have X in their history(| too| as well))"
    ),
    ("most have both", "known"): (
        "(most (people|users|of those) who have X, as you have, have this(| one)(| too| as well)|"
        "you know X(:|, and) most (people|users|of those) who have it have this(| one)(| too| as well)|"
        "of (those|the people|the users) who have X, as you have, most have this(| one)(| too)|"
        "more than half of (those|the people|the users) who have X, as you have, have this(| one)(| too)|"
        "<THIS> is found with most (people|users) who have X(| too))"
    ),
}
_ALSO_LIKED = (
    "(<OTHERS> who like one often like the other(| too)|<SAME> often like both|both are often liked by <SAME>|"
    "the two are often liked by <SAME>)"
)
_ALSO_HAD = (
    "(<OTHERS> who have one often have the other(| too)|<SAME> often have both|both are often chosen by <SAME>|"
    "the two are often chosen by <SAME>)"
)
ALSO = {
    "categories": "((both|the two) are K|they share K|they have K in common|in common they have K|"
    "what they share is K)",
    "value": (
        "(the F is the same: V|both have the F V|the F of both is V|they share the F V|V is the F of both|"
        "both have the same F: V)"
    ),
    "liked together": _ALSO_LIKED,
    "most like both": _ALSO_LIKED,
    "had together": _ALSO_HAD,
    "most have both": _ALSO_HAD,
}
OWN_KINDS = (
    "(<THIS> is K|<THIS> (offers|brings|gives you) K|here is K|here you find K|expect K|what you get is K|"
    "if K is to your taste, <THIS> (may|might|could) suit you|if K appeals to you, <THIS> (may|might|could) fit|"
    "for a taste of K, take <THIS>|<THIS> is a choice for K|when you want K, <THIS> (may|might|could) do)"
)
OWN_YEAR = "(<THIS> is from T|<THIS> is one from T|here is one from T)"
FROM_YEAR = "(, from T|, and it is from T)"
OWN_VALUE = "(its F is V|the F here is V|<THIS> has the F V|V is its F|what stands out is the F: V|here the F is V)"
WISHED = (
    "(as you asked: W|just as you (asked|wished|wanted): W|it (meets|fits|matches) what you asked for: W|"
    "it is what you asked for: W|your wish (holds|is met): W|it keeps to your wish: W|here is what you asked for: W|"
    "you asked, and it fits: W|it does as you asked: W)"
)
OF_ITEM = {
    "own categories": OWN_KINDS,
    "own categories, year": OWN_KINDS + FROM_YEAR,
    "own year": OWN_YEAR,
    "own value": OWN_VALUE,
    "wishes": WISHED,
}
