/// The headers with which a body begins once more (``MTAProfile/Habits/repeatsHeadersInBody``), up to the first empty line.
package struct RepeatedHeaders: Sendable {
  private var isOver = false
  private var isLineEmpty = true

  package init() {}

  /// What of the next piece of a body lies behind them.
  package mutating func rest(of piece: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    if isOver { return piece }
    for place in piece.indices {
      switch piece[place] {
      case 0x0A where isLineEmpty:
        isOver = true
        return piece[(place + 1)...]
      case 0x0A: isLineEmpty = true
      case 0x0D: break
      case _: isLineEmpty = false
      }
    }
    return piece.suffix(0)
  }
}
