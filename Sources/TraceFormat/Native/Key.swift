/// The keys of format 1, of records and of the head. Every other key is skipped.
enum Key: Int, CaseIterable {
  case k, t, c, n, from, to, of, by, rule, policy, raw, until, outcome, text, refused, id, severity, title,
    set, cause
  case leg, how, why, peer, local, milter, parts, policyParts
  case client, mta, mtaTimeout, gaveUpPostfix, gaveUpSendmail, gaveUpOther, shadowOf
  case tap, taps
  case mitmilter, program, started, command, listen, negotiation, ofSeveral, redacted

  /// The key that is spelled by `name`; nil for all others.
  init?(_ name: Span<UInt8>) {
    guard name.count > 0,
      let key = Self.candidate(length: name.count, first: name[0], last: name[name.count - 1]),
      name.spells(key.name)
    else { return nil }
    self = key
  }

  /// Length and a letter or two tell the keys apart; whether the rest agrees is for the caller to see.
  private static func candidate(length: Int, first: UInt8, last: UInt8) -> Key? {
    switch (length, UnicodeScalar(first)) {
    case (1, "k"): .k
    case (1, "t"): .t
    case (1, "c"): .c
    case (1, "n"): .n
    case (2, "t"): .to
    case (2, "o"): .of
    case (2, "b"): .by
    case (2, "i"): .id
    case (3, "r"): .raw
    case (3, "s"): .set
    case (3, "l"): .leg
    case (3, "h"): .how
    case (3, "w"): .why
    case (4, "f"): .from
    case (4, "r"): .rule
    case (4, "p"): .peer
    case (5, "u"): .until
    case (5, "t"): .title
    case (5, "c"): .cause
    case (5, "l"): .local
    case (5, "p"): .parts
    case (6, "p"): .policy
    case (6, "m"): .milter
    case (6, "l"): .listen
    case (7, "o"): .outcome
    case (7, "r"): .refused
    case (7, "p"): .program
    case (7, "s"): .started
    case (7, "c"): .command
    case (8, "s"): .severity
    case (9, "m"): .mitmilter
    case (11, "n"): .negotiation
    case (10, "o"): .ofSeveral
    case (8, "r"): .redacted
    case (12, "p"): .policyParts
    case (6, "c"): .client
    case (3, "m"): .mta
    case (3, "t"): .tap
    case (4, "t"): last == UInt8(ascii: "s") ? .taps : .text
    case (11, "m"): .mtaTimeout
    case (15, "g"): .gaveUpPostfix
    case (16, "g"): .gaveUpSendmail
    case (13, "g"): .gaveUpOther
    case (9, "s"): .shadowOf
    default: nil
    }
  }

  var name: StaticString {
    switch self {
    case .k: "k"
    case .t: "t"
    case .c: "c"
    case .n: "n"
    case .from: "from"
    case .to: "to"
    case .of: "of"
    case .by: "by"
    case .rule: "rule"
    case .policy: "policy"
    case .raw: "raw"
    case .until: "until"
    case .outcome: "outcome"
    case .text: "text"
    case .refused: "refused"
    case .id: "id"
    case .severity: "severity"
    case .title: "title"
    case .set: "set"
    case .cause: "cause"
    case .leg: "leg"
    case .how: "how"
    case .why: "why"
    case .peer: "peer"
    case .local: "local"
    case .milter: "milter"
    case .parts: "parts"
    case .policyParts: "policy_parts"
    case .client: "client"
    case .mta: "mta"
    case .mtaTimeout: "mta_timeout"
    case .gaveUpPostfix: "gave_up_postfix"
    case .gaveUpSendmail: "gave_up_sendmail"
    case .gaveUpOther: "gave_up_other"
    case .shadowOf: "shadow_of"
    case .tap: "tap"
    case .taps: "taps"
    case .mitmilter: "mitmilter"
    case .program: "program"
    case .started: "started"
    case .command: "command"
    case .listen: "listen"
    case .negotiation: "negotiation"
    case .ofSeveral: "of_several"
    case .redacted: "redacted"
    }
  }
}

extension Span<UInt8> {
  /// Whether these bytes are exactly `word`, which is ASCII.
  func spells(_ word: StaticString) -> Bool {
    guard count == word.utf8CodeUnitCount else { return false }
    for place in 0..<count where unsafe self[place] != word.utf8Start[place] { return false }
    return true
  }
}
