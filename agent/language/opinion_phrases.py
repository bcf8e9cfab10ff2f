"""Phrases that say something of an item: liked, disliked, seen, asked about; and pronouns that stand for items.

Phrases are folded, without apostrophes, separated by `|`.
"""

_NOT = (
    "dont|do not|didnt|did not|doesnt|does not|never|cant|cannot|can not|couldnt|could not|wouldnt|would not|wasnt|"
    "was not|not|dont think i|didnt think i|do not think i|no longer|havent|have not|hasnt|never have|neither"
)
_LIKE = "like|love|enjoy|adore|liked|loved|enjoyed|adored|dig|appreciate|appreciated|care for|get into|fond of"
_SEE = "seen|see|watched|watch|saw|read|played|tried|heard|finished"


def _pairs(first: str, second: str) -> str:
    return "|".join(f"{a} {b}" for a in first.split("|") for b in second.split("|"))


# By what is said of the item that is named after it; "after" and "after-bad" stand behind their item.
OPINIONS = {
    "like": "liked|loved|love|likes|loves|enjoys|enjoy|enjoyed|adore|adored|appreciate|appreciated|fan of|fans of|"
    "fond of|favourite|"
    "favourites|favorite|favorites|fave|faves|top picks are|all about|obsessed with|got a kick out of|"
    "blown away by|impressed by|impressed with|cant get enough of|could watch|dig|im into|i am into|got into|"
    "was into|love for|my love of|lover of|lovers of|admire|admired|love to watch|like to watch|love watching|"
    "like watching|enjoy watching|thumbs up for|yes to",
    "pattern": "similar to|such as|in the style of|in the vein of|in the spirit of|along the lines of|reminiscent of|"
    "comparable to|the same as|the likes of|akin to|close to|a la|reminds me of|remind me of|watch after|see after|"
    "next after|based on my love of|as good as|inspired by|more of|in the mood of|same vibe as|vibe of|vibes of|"
    "the mood of|the tone of|the feel of|resembling|resembles",
    "dislike": f"hate|hated|hates|dislikes|cant handle|dislike|disliked|loathe|loathed|detest|detested|despise|"
    "despised|couldnt stand|cant stand|"
    "could not stand|cannot stand|can not stand|bored by|bored of|bored with|tired of|sick of|fed up with|"
    "turned off by|walked out of|not a fan of|not a big fan of|not a huge fan of|no fan of|not into|nothing like|"
    "not like|not my|regret watching|disappointed by|disappointed in|disappointed with|let down by|not so much|"
    f"not fond of|thumbs down for|not crazy about|not keen on|wasnt a fan of|isnt my|{_pairs(_NOT, _LIKE)}",
    "seen": "seen|watched|saw|i know|we know|already know|already knew|already have|already had|already own|owned|"
    "rewatched|finished|have read|already read|played|already tried|already been through",
    "unseen": f"want to see|want to watch|wanna see|wanna watch|to see|to watch|yet to see|yet to watch|should i see|"
    f"should i watch|let me see|{_pairs(_NOT, _SEE)}|never got to see",
    "want": "would like|id like|id love|would love|wed like|wed love|want|wants|wanted|need|needs|show me|give me|"
    "gimme|"
    "recommend|suggest|looking for|in the mood for|in mood for|feel like|feeling like|fancy|how about|find me|"
    "get me|could go for|bring me|wanna|look for|searching for|craving|let me have|lets have|lets watch|lets see|"
    "why not|why dont you show me|why dont we|meant|mean|do you have|have you got|got any|is there|are there|any|"
    "make it|make that|give us|show us|"
    "rather see|rather have|rather watch|try",
    "unlike": "unlike|different from|different to|different than|opposite of|far from|nothing to do with",
    "than": "newer than|older than|more recent than|earlier than|later than|released after|released before|made after|"
    "made before|came out after|came out before",
    "bar": f"{_pairs('dont|do not|never|please dont', 'recommend|show me|suggest|give me|show us|play')}|"
    "stop recommending|stop showing me|stop suggesting|anything but|everything but|anything except|"
    "everything except|anything other than|all but|no more",
    "compare": "compare|difference between|which is better|whats better|what is better|how does|how do",
    "why": "why|how come|what makes|reason for|reasons for|explain",
    "after": "was great|was amazing|was fantastic|was wonderful|was brilliant|was excellent|was awesome|was good|"
    "was fun|was superb|was perfect|is great|is amazing|is fantastic|is wonderful|is brilliant|is excellent|"
    "is awesome|is superb|is perfect|is a masterpiece|was a masterpiece|are great|were great|rocks|rocked|rules|"
    "was terrific|is terrific|are amazing|were amazing|is my favourite|is my favorite|was my favourite|"
    "was my favorite|are my favourites|are my favorites|blew me away|was my thing|is my thing",
    "after-bad": "was terrible|was awful|was boring|was bad|was rubbish|was horrible|was garbage|was crap|was dull|"
    "was disappointing|is terrible|is awful|is boring|is bad|is rubbish|is horrible|is garbage|is overrated|"
    "was overrated|were terrible|were awful|were boring|were bad|sucked|sucks|bored me|disappointed me|wasnt good|"
    "was not good|wasnt great|was not great|isnt good|is not good|wasnt my thing|was not my thing|isnt my thing|"
    "is not my thing|not my thing|not my cup of tea|was a letdown|was a waste|is a waste|stinks|stank",
}
PRONOUNS = {
    "one": "it|that one|this one|that|this|him|her",
    "many": "them|both|those|these|both of them|all of them|all of these|all of those|them all|these all|those all|"
    "any of them|any of these|any of those|either of them|none of them|none of these|all three|all of it|each of them",
}
