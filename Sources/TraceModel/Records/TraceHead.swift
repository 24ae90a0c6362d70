/// The first line of a trace: what recorded it, and how it was set up.
package struct TraceHead: Equatable, Sendable {
  /// Version of the trace format. This program writes 1, and 2 where milters have shadows.
  package var format: Int
  /// Version of the program that wrote it.
  package var program: String
  /// Wall clock at moment zero: microseconds since 1970-01-01T00:00:00Z.
  package var startedAt: Int64
  /// The command line, word by word.
  package var command: [String]
  /// Canonical addresses; nil where the run had none.
  package var listen: String?
  package var milter: String?
  /// Where the run has several; then `listen` and `milter` are nil.
  package var taps: [Tap]
  /// `transparent`, `widen` or `all`; nil where nothing was negotiated by us.
  package var negotiation: String?
  /// Whether the run writes several files with this head, each connection into one of them.
  package var isOneOfSeveral: Bool
  /// Whether private words were replaced by others of the same shape.
  package var isRedacted: Bool

  /// What there is in every trace.
  package static let plain = 1
  /// With connections that are no MTA's but shadows of those: a program that does not know them is not to take them for mail.
  package static let withShadows = 2

  package init(
    format: Int = TraceHead.plain, program: String, startedAt: Int64, command: [String],
    listen: String? = nil, milter: String? = nil, taps: [Tap] = [], negotiation: String? = nil,
    isOneOfSeveral: Bool = false, isRedacted: Bool = false
  ) {
    self.format = format
    self.program = program
    self.startedAt = startedAt
    self.command = command
    self.listen = listen
    self.milter = milter
    self.taps = taps
    self.negotiation = negotiation
    self.isOneOfSeveral = isOneOfSeveral
    self.isRedacted = isRedacted
  }
}
