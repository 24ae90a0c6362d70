/// The taps of a trace, each named once; connections keep a place here.
struct TapNames: Sendable {
  private(set) var names: [[UInt8]] = []
  private(set) var totals: [TapTotals] = []

  /// From 1; 0 where there are more than a run can have, so that the table stays small whatever a file says.
  mutating func place(of name: String) -> UInt8 {
    let bytes = Array(name.utf8)
    if let place = names.firstIndex(of: bytes) { return UInt8(place + 1) }
    guard names.count < Self.most else { return 0 }
    names.append(bytes)
    totals.append(TapTotals())
    return UInt8(names.count)
  }

  /// Counts something at a tap.
  mutating func count(at place: UInt8, _ body: (inout TapTotals) -> Void) {
    if place != 0 { body(&totals[Int(place) - 1]) }
  }

  subscript(place: UInt8) -> [UInt8]? { place == 0 ? nil : names[Int(place) - 1] }

  private static let most = Int(UInt8.max)
}

extension TimelineIndex {
  /// The name of the tap that a connection came in by; nil where the run has but one place to connect.
  package func tap(ofConnection c: Int) -> [UInt8]? { taps[connections[c].tap] }

  /// The names of all taps that were connected to, in that order.
  package var tapNames: [String] { taps.names.map { String(decoding: $0, as: UTF8.self) } }
}
