/// The hashes of one body in each form in which signatures take it.
package struct BodyHashes: Sendable {
  private var hashes: [BodyHash]

  package init(_ coverages: [BodyCoverage]) { hashes = coverages.map { BodyHash($0) } }

  package mutating func take(_ piece: ArraySlice<UInt8>) {
    for index in hashes.indices { hashes[index].take(piece) }
  }

  /// Nil where it was not asked for.
  package func result(_ coverage: BodyCoverage) -> BodyHash.Result? {
    hashes.first { $0.coverage == coverage }?.result
  }
}

extension [Signature] {
  /// The forms in which they take a body, and the relaxed ones beside the simple: what would have survived is worth knowing.
  package var coverages: [BodyCoverage] {
    var coverages: [BodyCoverage] = []
    for body in map(\.body) {
      for form in [body, BodyCoverage(.relaxed, length: body.length)] where !coverages.contains(form) {
        coverages.append(form)
      }
    }
    return coverages
  }
}
