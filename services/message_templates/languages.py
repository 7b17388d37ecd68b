"""The languages a template may be written in: Meta's codes, spelt as Meta spells them, and what people call them."""

LANGUAGES: dict[str, str] = {
    "af": "Afrikaans", "sq": "Albanian", "ar": "Arabic", "ar_EG": "Arabic (Egypt)", "ar_AE": "Arabic (UAE)",
    "ar_LB": "Arabic (Lebanon)", "ar_MA": "Arabic (Morocco)", "ar_QA": "Arabic (Qatar)",
    "ar_SA": "Arabic (Saudi Arabia)", "az": "Azerbaijani", "bn": "Bengali", "bg": "Bulgarian", "ca": "Catalan",
    "zh_CN": "Chinese (China)", "zh_HK": "Chinese (Hong Kong)", "zh_TW": "Chinese (Taiwan)", "hr": "Croatian",
    "cs": "Czech", "da": "Danish", "nl": "Dutch", "en": "English", "en_AU": "English (Australia)",
    "en_CA": "English (Canada)", "en_IN": "English (India)", "en_GB": "English (UK)", "en_US": "English (US)",
    "et": "Estonian", "fil": "Filipino", "fi": "Finnish", "fr": "French", "fr_BE": "French (Belgium)",
    "fr_CA": "French (Canada)", "ka": "Georgian", "de": "German", "el": "Greek", "gu": "Gujarati", "ha": "Hausa",
    "he": "Hebrew", "hi": "Hindi", "hu": "Hungarian", "id": "Indonesian", "ga": "Irish", "it": "Italian",
    "ja": "Japanese", "kn": "Kannada", "kk": "Kazakh", "rw_RW": "Kinyarwanda", "ko": "Korean", "ky_KG": "Kyrgyz",
    "lo": "Lao", "lv": "Latvian", "lt": "Lithuanian", "mk": "Macedonian", "ms": "Malay", "ml": "Malayalam",
    "mr": "Marathi", "nb": "Norwegian", "fa": "Persian", "pl": "Polish", "pt_BR": "Portuguese (Brazil)",
    "pt_PT": "Portuguese (Portugal)", "pa": "Punjabi", "ro": "Romanian", "ru": "Russian", "sr": "Serbian",
    "sk": "Slovak", "sl": "Slovenian", "es": "Spanish", "es_AR": "Spanish (Argentina)", "es_CL": "Spanish (Chile)",
    "es_CO": "Spanish (Colombia)", "es_MX": "Spanish (Mexico)", "es_PE": "Spanish (Peru)", "es_ES": "Spanish (Spain)",
    "es_VE": "Spanish (Venezuela)", "sw": "Swahili", "sv": "Swedish", "ta": "Tamil", "te": "Telugu", "th": "Thai",
    "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "uz": "Uzbek", "vi": "Vietnamese", "zu": "Zulu",
}


def code_of(spelling: str) -> str:
    """A code as we keep it: the carrier's notices may write en-US for en_US."""
    return spelling.replace("-", "_")


def name_of(code: str) -> str:
    """What people call the language; a code we do not know stays a code."""
    return LANGUAGES.get(code, code)
