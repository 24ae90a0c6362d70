/// The headers with which a body begins once more (``MTAProfile/Habits/repeatsHeadersInBody``), up to the first empty line.
///
/// A body that does not begin with a header of its mail is left whole: another version of the MTA may have mended that.
package struct RepeatedHeaders: Sendable {
  private enum State { case start, inside(isLineEmpty: Bool), over }
  private var state = State.start

  package init() {}

  /// What of the next piece of a body lies behind them.
  ///
  /// - Parameter names: of the mail's headers; asked for once.
  package mutating func rest(
    of piece: ArraySlice<UInt8>, ofMailWith names: @autoclosure () -> [ArraySlice<UInt8>]
  ) -> ArraySlice<UInt8> {
    if case .start = state, !piece.isEmpty {
      state = names().contains { Self.isHeader(piece, named: $0) } ? .inside(isLineEmpty: false) : .over
    }
    guard case .inside(var isLineEmpty) = state else { return piece }
    for place in piece.indices {
      switch piece[place] {
      case 0x0A where isLineEmpty:
        state = .over
        return piece[(place + 1)...]
      case 0x0A: isLineEmpty = true
      case 0x0D: break
      case _: isLineEmpty = false
      }
    }
    state = .inside(isLineEmpty: isLineEmpty)
    return piece.suffix(0)
  }

  private static func isHeader(_ piece: ArraySlice<UInt8>, named name: ArraySlice<UInt8>) -> Bool {
    let behind = piece.dropFirst(name.count)
    return !name.isEmpty && behind.first == UInt8(ascii: ":")
      && sameHeaderName(piece.prefix(name.count), name)
  }
}
