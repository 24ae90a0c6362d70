import MilterProtocol

/// What stands to the right of a comparison, by type.
package indirect enum Literal: Equatable, Sendable {
  case number(Int64)
  /// Bytes.
  case size(Int64)
  /// Microseconds.
  case duration(Int64)
  case time(TimePoint)
  case text([UInt8])
  case pattern(Pattern)
  case network(Network)
  case severity(Finding.Severity)
  case stage(Stage)
  case leg(Leg)
  /// `100..200`, both ends included; of numbers, sizes, durations or times.
  case range(Literal, Literal)
  case list([Literal])
  /// `@addresses.txt`
  case file(FileList)
}

extension Stage {
  /// The word for it in expressions.
  package var word: String {
    switch self {
    case .negotiation: "optneg"
    case .connect: "connect"
    case .helo: "helo"
    case .mail: "mail"
    case .rcpt: "rcpt"
    case .data: "data"
    case .header: "header"
    case .eoh: "eoh"
    case .body: "body"
    case .bodyEOB: "bodyeob"
    case .unknown: "unknown"
    }
  }
}
