/// Notes and marks on packets of a recorded trace: they end with the program unless they are written to another file.
struct Unwritten: Hashable, Sendable {
  /// Numbers of packets whose mark is another than in the file.
  private var marked: Set<Int> = []
  private var noted: Set<Int> = []

  var packets: Set<Int> { marked.union(noted) }

  mutating func note(_ packet: Int) { noted.insert(packet) }

  /// A mark set and taken off again leaves nothing to be written.
  mutating func toggleMark(_ packet: Int) { marked.formSymmetricDifference([packet]) }

  mutating func wrote(_ packets: Set<Int>) {
    marked.subtract(packets)
    noted.subtract(packets)
  }
}
