import TestSupport
import Testing

@testable import Cells

@Suite struct FrameTests {
  private func frame(_ columns: Int, _ rows: Int) -> Frame { Frame(size: Size(columns: columns, rows: rows)) }

  private func row(_ frame: Frame, _ index: Int) -> String {
    var scalars = String.UnicodeScalarView()
    for column in 0..<frame.size.columns {
      if let base = frame[Point(column: column, row: index)].base { scalars.append(base) }
    }
    return String(scalars)
  }

  @Test func drawingOutsideIsCutOff() {
    var frame = frame(4, 2)
    #expect(frame.put("abcdef", at: Point(column: -2, row: 0)) == 6)
    #expect(row(frame, 0) == "cdef")
    frame.put("xy", at: Point(column: 3, row: 1))
    frame.put("zz", at: Point(column: 0, row: 2))
    frame.put("zz", at: Point(column: 0, row: -1))
    frame.put("zz", at: Point(column: 9, row: 1))
    #expect(row(frame, 1) == "   x")
  }

  @Test func aClipLimitsEverythingDrawnInIt() {
    var frame = frame(6, 3)
    frame.clipped(to: Rect(column: 1, row: 1, columns: 3, rows: 9)) { frame in
      frame.fill(frame.bounds, with: ".")
      frame.put("abcdef", at: Point(column: 0, row: 1))
      frame.clipped(to: Rect(column: 3, row: 2, columns: 9, rows: 1)) { $0.fill($0.bounds, with: "#") }
    }
    #expect([row(frame, 0), row(frame, 1), row(frame, 2)] == ["      ", " bcd  ", " ..#  "])
    #expect(frame.clip == frame.bounds)
  }

  @Test func aWideCharacterIsWholeOrAbsent() {
    var frame = frame(6, 1)
    frame.put("日本語", at: Point(column: 0, row: 0))
    frame.put("x", at: Point(column: 1, row: 0))
    #expect(row(frame, 0) == " x本語")
    frame.put("y", at: Point(column: 2, row: 0))
    #expect(row(frame, 0) == " xy 語")
    frame.put("日", at: Point(column: 5, row: 0))
    #expect(row(frame, 0) == " xy   ")
    frame.put("日", at: Point(column: -1, row: 0))
    #expect(row(frame, 0) == " xy   ")
    frame.put("日本", at: Point(column: 1, row: 0), width: 3)
    #expect(row(frame, 0) == " 日   ")
    frame.fill(Rect(column: 2, row: 0, columns: 1, rows: 1), with: "-")
    #expect(row(frame, 0) == "  -   ")
  }

  @Test func changesAreFoundAndWidened() {
    var old = frame(8, 2)
    old.put("a日b", at: Point(column: 0, row: 0))
    var new = old
    #expect(new.change(inRow: 0, since: old) == nil)
    new.put("c", at: Point(column: 3, row: 0))
    #expect(new.change(inRow: 0, since: old) == 3..<4)
    new.put("xx", at: Point(column: 2, row: 0))
    #expect(new.change(inRow: 0, since: old) == 1..<4)
    new.put("語", at: Point(column: 6, row: 1), style: .title)
    #expect(new.change(inRow: 1, since: old) == 6..<8)
    var styled = old
    styled.add(.selected, in: Rect(column: 0, row: 1, columns: 2, rows: 1))
    #expect(styled.change(inRow: 1, since: old) == 0..<2)
  }

  @Test func columnsAreDroppedByPriorityThenShared() {
    let columns = [
      Column("#", .fixed(6), .trailing, priority: 1), Column("time", .fixed(12), priority: 2),
      Column("stage", .fixed(8)), Column("packet", .flexible(minimum: 10)),
    ]
    #expect(Column.layout(columns, width: 50) == [0..<6, 7..<19, 20..<28, 29..<50])
    #expect(Column.layout(columns, width: 38) == [0..<6, nil, 7..<15, 16..<38])
    #expect(Column.layout(columns, width: 20) == [nil, nil, 0..<8, 9..<20])
    #expect(Column.layout(columns, width: 12) == [nil, nil, 0..<8, 9..<12])
    #expect(Column.layout(columns, width: 0) == [nil, nil, 0..<0, 0..<0])
  }

  @Test func aScreenIsReadableAsText() {
    var frame = frame(40, 6)
    frame.put(" mitmilter", at: Point(column: 0, row: 0), style: .title)
    frame.put("1 Timeline", at: Point(column: 13, row: 0), style: Style(.tabActive, .bold))
    frame.box(Rect(column: 0, row: 1, columns: 40, rows: 4))
    let columns = [Column("n", .fixed(3), .trailing), Column("packet", .flexible(minimum: 5))]
    let line = Rect(column: 2, row: 2, columns: 36, rows: 1)
    let places = Column.layout(columns, width: line.columns)
    frame.put(["117", "Grüße 日本 \(wire: [0x1b, 0x5d, 0x30])"], columns: columns, at: places, in: line)
    frame.put(
      [DisplayText("8").styled(.number), "e\u{301}\u{301} 550 no"], columns: columns, at: places,
      in: Rect(column: 2, row: 3, columns: 36, rows: 1), style: Style(.bad))
    frame.add(.selected, in: Rect(column: 1, row: 2, columns: 38, rows: 1))
    frame.put(":", at: Point(column: 0, row: 5), style: Style(.prompt))
    frame.cursor = Point(column: 1, row: 5)
    expectScreen(frame, "cells")
  }
}
