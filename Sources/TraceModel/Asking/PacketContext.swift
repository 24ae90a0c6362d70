import MilterProtocol

/// What an expression may ask about one packet in its context; nothing is made before it is asked for.
///
/// Live hold rules and the offline timeline answer alike, because both answer from the same fold of facts.
/// Facts are those *after* the packet itself: at RCPT the recipient counts already, at HEADER the header does,
/// at MACRO its values are in force. Strings are wire bytes without their NUL.
package protocol PacketContext {
  // What an index entry knows: cheap, asked first.

  /// Told from code and sender.
  var kind: PacketKind { get }
  /// The peer it came from, or in whose place we speak.
  var sender: Leg { get }
  /// The stage that a command opens, that a reply answers, or that a macro set belongs to; nil for none.
  var stage: Stage? { get }
  /// Number of the MTA's connection, from 1.
  var connection: Int { get }
  /// Number of the message within its connection, from 1; 0 outside any (before the first MAIL, after ABORT).
  var message: Int { get }
  /// Number of the packet in the trace.
  var number: Int { get }
  var time: Moment { get }
  /// How long the reply took, from its command leaving for the milter; nil on everything but replies.
  var took: Moment.Span? { get }
  var flags: PacketFlags { get }
  /// Bytes of the whole frame, length field included.
  var frameBytes: Int { get }
  /// The weightiest finding about the packet; nil for none.
  var severity: Finding.Severity? { get }
  /// The ids of the findings about the packet (`R02`).
  var findingIDs: [String] { get }

  // The trace.

  /// Wall clock at moment zero: microseconds since 1970-01-01T00:00:00Z.
  var startedAt: Int64 { get }
  /// Seconds east of UTC of the clock that the operator reads; times of day in expressions are meant in it.
  var utcOffset: Int { get }

  // The packet itself: dear, as it may have to be read back from a file.

  /// The packet as it came; nil where it cannot be read back.
  var packet: Packet? { get }

  // Facts of the session and of the message.

  /// Name of the place where the MTA connected, of several.
  var tap: ArraySlice<UInt8>? { get }
  /// HELO's name, the latest.
  var heloName: ArraySlice<UInt8>? { get }
  /// CONNECT's hostname (`[192.0.2.7]` or `unknown` where the MTA found none).
  var clientHost: ArraySlice<UInt8>? { get }
  /// CONNECT's address or socket path as sent; Sendmail puts `IPv6:` in front.
  var clientAddress: ArraySlice<UInt8>? { get }
  var clientPort: UInt16? { get }
  /// CONNECT's letter for the family of the address: `4`, `6`, `L` or `U`.
  var clientFamily: UInt8? { get }
  /// Macro `i` of the message, also where it came later than this packet if the trace knows.
  var queueID: ArraySlice<UInt8>? { get }
  /// The value in force (`docs/protocol.md`, lifetime of macros): latest stage first.
  ///
  /// - Parameter name: without braces.
  func macro(_ name: [UInt8]) -> ArraySlice<UInt8>?
  /// The value that came with the macros for the command of that letter and still stands, be it shadowed by a later stage.
  ///
  /// - Parameter name: without braces.
  func macro(_ name: [UInt8], announcedFor letter: UInt8) -> ArraySlice<UInt8>?
  /// The mail in front of the packet's own on its connection, or in front of a packet outside any; nil for none.
  var earlierMail: EarlierMail? { get }
  /// The address of MAIL, as sent, or `{mail_addr}` where the milter declined MAIL; nil outside a message.
  var messageFrom: ArraySlice<UInt8>? { get }
  /// The ESMTP arguments of MAIL.
  var messageArguments: [ArraySlice<UInt8>] { get }
  /// The addresses of RCPT so far, as sent, without those that were refused; `{rcpt_addr}` where the milter declined RCPT.
  var messageRecipients: [ArraySlice<UInt8>] { get }
  /// The address of the latest RCPT, refused or not.
  var latestRecipient: ArraySlice<UInt8>? { get }
  /// Of macros that stand in for MAIL or RCPT, which the milter declined: the address that they bring.
  var announcedAddress: ArraySlice<UInt8>? { get }
  /// Bytes of headers and body so far.
  var messageBytes: Int { get }
  /// What the mail says, decoded; nil before its end, and where nobody has it.
  var content: MailContent? { get }
  /// The values of the headers of that name so far, in order; names compare without regard to case.
  func messageHeaders(named name: [UInt8]) -> [ArraySlice<UInt8>]
}

extension PacketContext {
  package var utcOffset: Int { 0 }
  package var earlierMail: EarlierMail? { nil }
  package func macro(_ name: [UInt8], announcedFor letter: UInt8) -> ArraySlice<UInt8>? { nil }
}
