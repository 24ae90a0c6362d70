/// What the packet of a header must have for an expression to care about it.
package struct HeaderProbe: Hashable, Sendable {
  /// In its name.
  package let name: TextProbe
  /// In its value; nil for any.
  package let value: TextProbe?

  package init(_ name: TextProbe, value: TextProbe?) {
    self.name = name
    self.value = value
  }

  package func mayStand(at record: Int, in source: any RecordSource) -> Bool {
    if let value, !source.mayHold(value, at: record) { return false }
    return source.mayHold(name, at: record)
  }
}
