import MilterProtocol
import TraceModel

/// A word that an expression may ask about: one row of the table that feeds parser, completion, help and docs.
package struct Term: Equatable, Sendable {
  package let name: String
  package let type: ValueType
  /// What it says, in a few words for help and docs.
  package let doc: String
  /// An expression that uses it.
  package let example: String
  /// The packets that can have it; on all others every comparison is false.
  package let kinds: PacketKindSet
  /// In the words of the docs: on which packets it exists.
  package let place: String
  package let source: Source

  package static func == (a: Term, b: Term) -> Bool { a.name == b.name && a.type == b.type }
  /// Whether it is written with an index, as `macro["i"]`.
  package var hasKey: Bool {
    switch source {
    case .text(.macro), .text(.macroOf), .text(.messageHeader), .text(.previousHeader): true
    case .kinds, .refusal, .flags, .number, .text, .finding, .stage, .sender, .time: false
    }
  }

  /// The term as it is written, with a stand-in for its index.
  package var spelling: String { hasKey ? "\(name)[\"…\"]" : name }

  /// Where its value comes from.
  package enum Source: Equatable, Sendable {
    case kinds(PacketKindSet)
    /// A verdict that refuses, by its kind or its reply code.
    case refusal
    case flags(PacketFlags)
    case number(NumberField)
    case text(TextField)
    case finding
    case stage
    case sender
    case time
  }

  package enum NumberField: Equatable, Sendable {
    case connection, message, number, length, took
    case clientPort, replyCode, headerIndex
    case messageSize, messageRecipients, hour
    /// Of each part.
    case partSize
  }

  package enum TextField: Equatable, Sendable {
    case mailAddress, mailArguments, rcptAddress, rcptArguments
    case heloName, clientHost, clientAddress, tap
    case headerName, headerValue, body, replyText, unknownLine, reason
    case queue, code, text, raw
    case macro, messageFrom, messageRecipients, messageSubject, messageHeader
    case clientFamily
    case messageBody, messageRaw, partType, partName, partText
    /// Of the macros for that command.
    case macroOf(Stage)
    /// Of the mail in front.
    case previousFrom, previousRecipients, previousSubject, previousHeader, previousQueue, previousVerdict
  }
}

/// What a term can be compared with.
package enum ValueType: Equatable, Sendable {
  /// Yes or no: stands alone.
  case flag
  case number
  /// Bytes, written `5MB` or as a bare number.
  case size
  /// Written with its unit: `500ms`.
  case duration
  /// Written as a time of day, a date, or the time since the trace began.
  case time
  /// Without regard to the case of ASCII letters; also an address to be in a network.
  case text
  /// Text; a pair of angle brackets around it does not count.
  case mailbox
  /// Text, but addresses are the same however they are written.
  case address
  /// Byte for byte.
  case bytes
  case finding
  case stage
  case leg

  package var name: String {
    switch self {
    case .flag: "yes or no"
    case .number: "number"
    case .size: "size"
    case .duration: "duration"
    case .time: "time"
    case .text: "text"
    case .mailbox: "mail address"
    case .address: "network address"
    case .bytes: "bytes"
    case .finding: "finding"
    case .stage: "stage"
    case .leg: "peer"
    }
  }

  /// As a sentence goes on: "took is a duration".
  var withArticle: String {
    switch self {
    case .flag: "yes or no by itself"
    case .text, .bytes: name
    case .number, .size, .duration, .time, .mailbox, .address, .finding, .stage, .leg: "a \(name)"
    }
  }

  package var operators: [Comparison] {
    switch self {
    case .flag: []
    case .number, .size, .duration, .time: [.equal, .notEqual, .less, .atMost, .greater, .atLeast, .in]
    case .text, .mailbox, .address, .bytes:
      [.equal, .notEqual, .contains, .startsWith, .endsWith, .matches, .in]
    case .finding: [.equal, .notEqual, .less, .atMost, .greater, .atLeast, .startsWith, .in]
    case .stage, .leg: [.equal, .notEqual, .in]
    }
  }
}
