"""Common English words by their use: function words, words of chat, nouns for items, words around titles."""

from agent.language.word_lists import word_set

# What may stand between a verb of liking and the title that it is said of.
LEAD_INS = word_set(
    "a an the film films movie movies show series book books game games wine wines album watching seeing playing "
    "reading to is are was were both of like as old original first classic and or also plus too all most ever "
    "would be include includes including my especially really very how much so that one ones it called named "
    "titled namely by on with in out about for me you have i"
)
JOINERS = word_set("and or also plus nor as well then both like especially versus vs")
BOUNDARIES = word_set(
    "and or but too also because as so very a please though although while since when which who is was were are "
    "really more most best i im ive id we something anything nothing not no for from with if plus yesterday "
    "tonight recently again already last years year ago much lot lots films movies film movie just only now can "
    "could what show give recommend suggest any would will has had have"
)
FUNCTION_WORDS = word_set(
    "a an the and or but of in on at to for with from by as is are was were be been am i me my mine we us our you "
    "your he him his she her it its they them their this that these those who what which when where why how not "
    "no nor so too very can could will would shall should may might must do does did done have has had if then "
    "than there here up down out off over under again more most some any all both each few other such only own "
    "same just about into through during before after above below between against until while because"
)
COMMON = FUNCTION_WORDS | word_set(
    "good bad best great new old big small little long short first last next one two three day night time year "
    "life love man men woman women boy girl kid kids child children people person family friend friends home "
    "house world city town work job money war peace thing things something anything nothing everything everyone "
    "somebody anybody way end start go going get give make take come see look know think want need like say tell "
    "ask talk try feel party fun funny happy sad true false real right wrong high low fast slow hot cold dark "
    "light black white red blue green talks dance we i you it shall dont cant im ive game story stories tale "
    "movie film mother father brother sister son daughter wife husband heart mind body head hand eyes face street "
    "road trip live die dead death kill killer crime law order trust truth lies lie dream dreams star stars sun "
    "moon sea river water fire ice wind rain snow dog cat fish bird horse play music song romance mystery action "
    "adventure drama comedy horror thriller western fantasy second final perfect simple private public secret "
    "wild sweet bread chocolate late early forever never always now today tomorrow yesterday morning evening "
    "midnight friday sunday summer winter spring autumn beautiful ugly crazy stupid smart young"
)
# Words that say nothing about what is looked for.
CHATTER = FUNCTION_WORDS | word_set(
    "thatd itd itll thatll theyre hi hello hey hiya greetings good morning evening afternoon night yesterday "
    "please pls thanks thank thx cheers ok okay yes yeah yep sure no nope nah well hmm um oh ah actually really "
    "maybe perhaps kind sort bit lot lots got get give show me tell want wants wanted need needs like liked likes "
    "love loved loves enjoy enjoyed hate hated dislike disliked prefer preferably rather ideally favourite "
    "favorite fan recommend recommends recommendation recommendations suggest suggestion suggestions recommended "
    "suggested find search looking look watch watching watched see seen saw seeing film films movie movies shows "
    "series title titles item items thing things something anything nothing everything one ones another other "
    "others else different similar more some any stuff list options option choice choices pick picks best great "
    "nice cool fine awesome amazing decent solid tonight today now later weekend tomorrow time again still even "
    "also too just only mood feel feeling feels im ive id ill youre its thats whats lets dont doesnt didnt isnt "
    "arent wasnt cant couldnt wont wouldnt havent hasnt shouldnt theres heres hows whos wheres think know guess "
    "suppose mean meant say said made make makes making released came come comes set starring stars featuring "
    "directed written year years old older new newer recent latest earlier first second third last next previous "
    "number already never ever yet sometimes usually often always much many most least less fewer every everyone "
    "everybody somebody someone anyone anybody people person friend friends us them him her around would could "
    "should might let try trying tried go going gone went right way sorry wait kindly game games book books wine "
    "wines product products song songs album albums bottle glass surprise bored boring kinda gonna wanna gimme "
    "help hope instead however though although except without avoid exclude skip but nor either neither minus "
    "must have has possible possibly necessarily be being been there here than then what which who when where why "
    "how am pm absolutely definitely totally completely simply basically literally whatever anyway idea ideas "
    "nobody none yourself myself em ya u r s t d ll ve re m two three four five ten half dozen couple few hurt "
    "bonus reset start over undo forget drop remove add change changed mind wrong correct correction exactly same "
    "close happy glad bye goodbye yo sup long short times kinds type types sorts style genre genres category "
    "categories preference preferences matter matters care cares problem worry fit fits match matches work works "
    "goes along with pairs pair"
)
RELATIVES = word_set(
    "wife husband boyfriend girlfriend mother mom mum mommy mummy father dad daddy parents brother brothers "
    "sister sisters son sons daughter daughters cousin cousins uncle aunt grandma grandpa grandmother grandfather "
    "partner roommate boss colleague colleagues teacher neighbour neighbor friend friends buddy family kids "
    "children"
)
# Nouns for what is recommended; alone they are no wish.
NOUNS = word_set(
    "film films movie movies flick flicks picture pictures show shows series title titles item items one ones "
    "game games book books novel novels wine wines bottle bottles album albums song songs product products thing "
    "things something anything stuff feature features story stories tale tales"
)
