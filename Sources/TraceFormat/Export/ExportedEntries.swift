import TraceModel

/// Packets and other events in the order and form of a listing, as far as they were chosen.
struct ExportedEntries {
  private let input: ExportInput
  private var listing = Listing(tellsLogs: true)

  init(_ input: ExportInput) { self.input = input }

  /// One a record, and one for what the last of them kept back.
  var stepCount: Int { input.source.count + 1 }

  mutating func step(_ number: Int) -> [Listing.Entry] {
    if number >= input.source.count { return listing.flush().filter(isChosen) }
    guard let record = input.source.record(at: number) else { return [] }
    return listing.take(record).filter(isChosen)
  }

  private func isChosen(_ entry: Listing.Entry) -> Bool {
    guard !input.chosen.isEverything else { return true }
    switch entry {
    case .packet(let packet): return input.index.row(number: packet.number).map(input.chosen.hasRow) ?? false
    case .remark(let record): return input.includes(record)
    }
  }
}
