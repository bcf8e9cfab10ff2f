"""The English of wishes: what is wanted, what is not, what would only be nice; years, amounts and intents."""

from agent.language.english import ROLES

_NEVER = "dont|do not|never|please dont|wouldnt|would not|cant|cannot"
_ASKING = "want|recommend|show me|suggest|give me|show us|need|like to see|want to see|want to watch|bother with"

SCOPES = {
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
    + ROLES["dislike"],
    "less": "less|fewer|not too much|not too many|not too|not so much|go easy on|easy on the",
    "prefer": "id rather|i would rather|rather|preferably|ideally|prefer|preferred|id prefer|would prefer|maybe|"
    "perhaps|"
    "possibly|a bit of|a touch of|a little|leaning towards|leaning toward|could be|might be|partial to|soft spot for|"
    "wouldnt mind|would not mind",
    "taste": "like|" + ROLES["like"],
    "must": "only|just|nothing but|has to be|have to be|must be|must have|should be|needs to be|strictly|exclusively|"
    "but|however|though|although|instead|make it|make that|meant",
    "want": "something|with|including|include|" + ROLES["want"],
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
YEAR_BOUNDS = {
    ">": "newer than|more recent than|later than|after|younger than|post|past|beyond|released after|made after|"
    "came out after",
    ">=": "since|no older than|not older than|not before|no earlier than|not earlier than|starting in|starting from|"
    "starting with|at the earliest|as of|from at least",
    "<": "older than|before|earlier than|prior to|pre|released before|made before|came out before",
    "<=": "until|till|up to|no newer than|not newer than|no later than|not later than|not after|through|up until",
    "~": "around|about|circa|roughly|approximately",
}
YEAR_AFTER = {
    ">=": "onwards|onward|on|forward|forwards|or later|or newer|or after|and later|and newer|and up|and after|"
    "or above|"
    "upwards|and onwards|or more recent|and on",
    "<=": "or older|or earlier|or before|and older|and earlier|and before|at the latest|or prior",
}
DECADES = {
    "twenties": 1920,
    "thirties": 1930,
    "forties": 1940,
    "fifties": 1950,
    "sixties": 1960,
    "seventies": 1970,
    "eighties": 1980,
    "nineties": 1990,
    "noughties": 2000,
    "aughts": 2000,
}
COMPARATIVES = {">": "newer|more recent|more modern|younger", "<": "older"}
AGES = {
    ">=": "recent|recently|latest|newest|modern|contemporary|new|current",
    "<=": "old|oldest|vintage|old fashioned|old school|antique",
}
AMOUNTS = {
    "<": "under|below|less than|shorter than|cheaper than|fewer than|lower than|lighter than|smaller than|younger than",
    "<=": "at most|no more than|not more than|no longer than|not longer than|not over|not above|maximum|max|up to|"
    "a maximum of|maximum of|within|not exceeding|"
    "a budget of|budget of|budget is|i have|ive got|i only have|i have only|we have|weve got",
    ">": "over|above|more than|longer than|higher than|better than|greater than|stronger than|bigger than",
    ">=": "at least|no less than|not less than|not under|not below|minimum|min|a minimum of|minimum of|"
    "not shorter than",
    "=": "exactly|precisely",
    "~": "around|about|roughly|approximately|circa",
}
AMOUNTS_AFTER = {
    "<=": "or less|or under|or below|or shorter|or cheaper|or fewer|max|maximum|tops|at most",
    ">=": "or more|or over|or above|or longer|or higher|minimum|at least|plus",
}
# What a unit or a comparing word measures: names of fields that may hold it, and the factor to minutes for times.
UNITS = {
    "minutes": ("minute|minutes|min|mins", "runtime duration length minutes running_time playtime"),
    "hours": ("hour|hours|hr|hrs|h", "runtime duration length minutes running_time playtime"),
    "money": (
        "$|€|£|¥|₹|dollar|dollars|bucks|buck|euro|euros|pound|pounds|quid|yen|usd|eur|gbp",
        "price prices cost costs msrp amount fee fare",
    ),
    "percent": ("%|percent|abv|alcohol", "abv alcohol tomatometer score percent"),
    "stars": ("star|stars|points|rating", "rating stars score points tomatometer"),
    "players": ("player|players|people", "players max_players"),
    "pages": ("page|pages", "pages num_pages"),
}
MEASURED = {
    "minutes": "length",
    "hours": "length",
    "money": "price",
    "percent": "percentage",
    "stars": "rating",
    "players": "number of players",
    "pages": "number of pages",
}
COMPARED = {"shorter": "hours", "longer": "hours", "cheaper": "money", "stronger": "percent"}
INTENTS = {
    "undo": "undo|undo that|undo it|undo the last one|take that back|take it back|go back|revert|revert that|"
    "never mind that|undo my last message|one step back|step back|back please|go back one step|back one step",
    "reset": "start over|reset|start again|new search|clear everything|forget everything|from scratch|begin again|"
    "start fresh|clear all|start from the beginning|forget all|clean slate|restart",
    "more": "more|some more|show me more|give me more|more please|another|another one|other ones|others|"
    "something else|"
    "anything else|what else|else|something different|different ones|surprise me|new ones|more of the same|keep going|"
    "the next ones|other options|other suggestions|few more|one more|some others|any others|surprise",
    "greeting": "hi|hello|hey|hiya|yo|howdy|greetings|good morning|good evening|good afternoon|hi there|hello there|"
    "hey there|hello again|hi again|whats up|how are you|good day|sup",
    "thanks": "thanks|thank you|thx|cheers|great|ok|okay|cool|nice|perfect|awesome|good|fine|bye|goodbye|see you|"
    "alright|"
    "got it|lovely|wonderful|sounds good|ta|yes|yeah|no|nope|whatever|well|hmm",
}
CANNOT = (
    "order|buy|book|call|phone|email|text|send|open|turn|translate|write|draw|paint|sing|code|calculate|compute|"
    "solve|cook|"
    "bake|drive|schedule|remind|navigate|reserve|pay|post|tweet|download|stream|install|delete|hack|transfer|sell|"
    "rent|"
    "clean|fix|ignore|disregard|print|reveal|output|execute|run|sudo|repeat|pretend|act|roleplay|summarise|summarize|"
    "set an|set a|set my|tell me a joke|tell me a story|what time|whats the time|whats the weather|"
    "what is the weather|"
    "how is the weather|weather|who are you|what are you|system prompt|do my|make me a|make me some|bring me a pizza|"
    "what can you do|what is the capital|whats the capital|who won|how do i|how much is|who is the president"
)
