"""Phrases that say how strongly something is wanted: it must, must not, should, should not be, or it may.

Phrases are folded, without apostrophes, separated by `|`.
"""

from agent.language.opinion_phrases import OPINIONS

_NEVER = "dont|do not|never|please dont|wouldnt|would not|cant|cannot"
_ASKING = "want|recommend|show me|suggest|give me|show us|need|like to see|want to see|want to watch|bother with"

WISH_MODES = {
    "not": "no|not|without|except|except for|excluding|exclude|other than|apart from|aside from|besides|anything but|"
    "everything but|all but|anything except|everything except|not in the mood for|dont feel like|do not feel like|"
    "avoid|"
    "skip|leave out|nothing|neither|nor|minus|stop recommending|stop showing me|stop with|instead of|rather than|"
    "no more|enough of|had enough of|enough with|enough|rid of|none of|rather not see|rather not watch|rather not|"
    "not interested in|no interest in|"
    "stay away from|away from|done with|spare me|isnt|is not|arent|are not|never|non|mustnt be|must not be|"
    "mustnt have|mustnt|shouldnt be|should not be|shouldnt have|cant be|cannot be|"
    "dont include|do not include|wont|"
    + "|".join(f"{a} {b}" for a in _NEVER.split("|") for b in _ASKING.split("|"))
    + "|"
    + OPINIONS["dislike"],
    "less": "less|fewer|not too much|not too many|not too|not so much|go easy on|easy on the",
    "prefer": "id rather|i would rather|rather|preferably|ideally|prefer|preferred|id prefer|would prefer|maybe|"
    "perhaps|"
    "possibly|a bit of|a touch of|a little|leaning towards|leaning toward|could be|might be|partial to|soft spot for|"
    "wouldnt mind|would not mind",
    "taste": "like|" + OPINIONS["like"],
    "must": "only|just|nothing but|has to be|have to be|must be|must have|should be|needs to be|strictly|exclusively|"
    "but|however|though|although|instead|make it|make that|meant",
    "want": "something|with|including|include|" + OPINIONS["want"],
    "permit": "dont mind|do not mind|okay with|ok with|fine with|open to|not opposed to|not against|forget|"
    "forget about|"
    "forget the|drop|never mind|nevermind|doesnt have to be|does not have to be|need not be|no need for|"
    "dont care about|dont care if|doesnt need to be|dont have to be|not necessarily|not only|not just",
    "none": "enough for|enough to|not sure|no idea|no problem|no matter|no preference|no thanks|no thank you|"
    "if not|not bad|no worries|no rush|no doubt|no wonder|not to mention|dont know|do not know|doesnt matter",
}
SOFT_AFTER = (
    "doesnt have to be|does not have to be|dont have to be|not a must|if possible|if you can|not necessarily|"
    "would be nice|"
    "thatd be nice|that would be nice|be nice|would be great|would be good|not required|optional|no big deal|"
    "im flexible|i am flexible|not essential|"
    "nice to have|"
    "is a plus|is a bonus|a plus|not important|but not only|if there is one|if there are any|if you have it|"
    "if you have any"
)
FINE_AFTER = "is fine|is ok|is okay|are fine|are ok|are okay|is alright|is allowed|are allowed|is all right"
ONLY = "only|just|nothing but|exclusively|strictly|nothing except"
CORRECTIONS = (
    "i meant|actually|instead|changed my mind|change of mind|correction|make that|scratch that|on second thought|"
    "on second thoughts|or rather|wait|no wait|that was wrong|thats wrong|not what i meant|switch to|forget that|"
    "never mind that|this time|not anymore|not any more|then give me|lets try|lets do"
)
