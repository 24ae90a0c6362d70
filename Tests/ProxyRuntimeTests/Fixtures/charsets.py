#!/usr/bin/env python3
"""Prints charsets.tsv: character set, bytes in hex, and what Python's codecs read in them, as UTF-8 in hex.

Of a set of one byte a character, all that are assigned from 0x20 on; of larger ones a sample over all of them. What is
left out reads differently on purpose: the C library and Python disagree there about characters in private use, or Python
knows an older table.
"""
import sys

# As mails call it, and the codec that reads it alike.
SETS = """us-ascii:ascii utf-8:utf-8 utf-7:utf-7 utf-16:utf-16 utf-16be:utf-16-be utf-16le:utf-16-le utf-32:utf-32
utf-32be:utf-32-be utf-32le:utf-32-le iso-8859-1:latin-1 iso-8859-2:iso8859-2 iso-8859-3:iso8859-3 iso-8859-4:iso8859-4
iso-8859-5:iso8859-5 iso-8859-6:iso8859-6 iso-8859-7:iso8859-7 iso-8859-8:iso8859-8 iso-8859-9:iso8859-9
iso-8859-10:iso8859-10 iso-8859-13:iso8859-13 iso-8859-14:iso8859-14 iso-8859-15:iso8859-15 iso-8859-16:iso8859-16
windows-874:cp874 windows-1250:cp1250 windows-1251:cp1251 windows-1252:cp1252 windows-1253:cp1253 windows-1254:cp1254
windows-1255:cp1255 windows-1256:cp1256 windows-1257:cp1257 windows-1258:cp1258 koi8-r:koi8-r koi8-u:koi8-u
koi8-t:koi8-t macintosh:mac-roman x-mac-cyrillic:mac-cyrillic ibm437:cp437 ibm850:cp850 ibm852:cp852 ibm855:cp855
ibm857:cp857 ibm00858:cp858 ibm862:cp862 ibm866:cp866 shift_jis:cp932 shift_jis:shift_jis euc-jp:euc_jp
iso-2022-jp:iso2022_jp iso-2022-jp-1:iso2022_jp_1 gb18030:gb18030 gbk:gbk gb2312:gb2312 big5:big5 big5:cp950
big5-hkscs:big5hkscs euc-kr:cp949 iso-2022-kr:iso2022_kr johab:johab"""
KANA = "".join(map(chr, range(0x3041, 0x30FF)))
UNLIKE = {
    "macintosh": "\u2206\uf8ff", "x-mac-cyrillic": "\u20ac", "gb2312": "\u2015\u30fb", "johab": "\\",
    "shift_jis": "\x80\xa2\xa3\xac\u2016\u2212\u301c", "euc-jp": "\xa2\xa3\xa6\xac\u2016\u2212\u301c",
    "gb18030": "\u1e3f", "big5-hkscs": KANA, "big5": KANA,
}
ALL = list(range(0x20, 0xD800)) + list(range(0xE000, 0x10000))
WORDS = ["Grüße", "naïve café €5", "Привет, мир", "Καλημέρα", "שלום", "مرحبا", "สวัสดี", "こんにちは世界", "テスト①", "你好，世界",
         "安全郵件", "안녕하세요", "Việt Nam", "ｶﾀｶﾅ", "a\r\nb\tc"]


def reads(codec, text):
    try:
        data = text.encode(codec)
        return data if data.decode(codec) == text else None
    except UnicodeError:
        return None


for entry in SETS.split():
    name, codec = entry.split(":")
    unlike = UNLIKE.get(name, "")
    # Big5 has several tables for what is not Han.
    codes = range(0x3100, 0x9F00) if name.startswith("big5") else ALL
    kept = "".join(chr(code) for code in codes if chr(code) not in unlike and reads(codec, chr(code)))
    kept = kept[::max(1, len(kept) // 300)]
    texts = [kept[at:at + 128] for at in range(0, len(kept), 128)]
    words = [word for word in WORDS if not set(word) & set(unlike)]
    for text in texts + words:
        data = reads(codec, text)
        if data is not None and data:
            sys.stdout.write(f"{name}\t{data.hex()}\t{text.encode().hex()}\n")
