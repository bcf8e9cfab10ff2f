"""Phrases that say what a message is for: undo, more, a greeting, a question, to forget, what the agent cannot do."""

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
QUESTIONS = {
    "ask": "what is|what was|what year|what genre|what kind of film is|what kind of movie is|who is|who was|"
    "who directed|"
    "who wrote|who stars|who made|who played|when was|when did|how long is|how old is|which year|what|whats|who|"
    "whos|when|where|which|how|is|was|are|were|does|did|do|has|have|can you tell me|tell me about|"
    "tell me more about|more about|info on|information on|what about|whose|could you tell me|describe"
}
FORGET = (
    "forget|unlearn|take back what i said about|take back what i said|ignore what i said about|clear my|remove my|"
    "delete my|drop my"
)
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
