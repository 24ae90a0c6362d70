import Cells

/// Where the parts of the screen lie: title, list, rule, detail, bottom line.
///
/// On wide screens the detail stands to the right of the list, on narrower ones below it, unless the operator says
/// otherwise. Parts for which there is no room are empty rectangles.
package struct Layout: Equatable, Sendable {
  package var title: Rect
  /// Headings of the list's columns.
  package var headings: Rect
  package var list: Rect
  /// The line with the title of the detail and its tabs; beside a list one for each.
  package var rule: Rect
  package var detail: Rect
  /// The line between list and detail where they stand side by side; one column.
  package var divider: Rect
  /// What a person in a milter's place may say about the mail at hand; above the bottom line.
  package var bar: Rect
  package var bottom: Rect
  /// All between title and bottom line.
  package var body: Rect

  /// Which panes the body has.
  package enum Panes: Equatable, Sendable { case both, listOnly, detailOnly }

  /// How a list shares the screen with the detail of what is selected in it.
  package struct Share: Equatable, Sendable {
    /// Columns from which on the detail stands at the right.
    var sideBySideFrom = 150
    /// How many columns the list has use for beside a detail, whose lines are mail.
    var listColumns = 110
    /// How many rows the list could fill, its headings and a blank one included; a short list above a detail leaves it the rest.
    var listRows = Int.max
    /// Whether the detail has several pages.
    var hasTabs = true
    /// What the operator gave the list, in percent; nil for what it has use for.
    var border: Int?

    /// As the operator wants it.
    func under(_ settings: Settings) -> Share {
      var share = self
      share.border = settings.border
      switch settings.split {
      case .auto: break
      case .beside: share.sideBySideFrom = Self.leastBeside
      case .below: share.sideBySideFrom = .max
      }
      return share
    }

    /// With fewer columns nothing stands side by side, whatever was said.
    private static let leastBeside = 60
  }

  /// - Parameter barRows: what the desk takes.
  package init(_ size: Size, panes: Panes, _ share: Share, barRows: Int = 0) {
    var rest = Rect(size)
    title = rest.takeTop(1)
    bottom = rest.takeBottom(1)
    body = rest
    bar = rest.takeBottom(barRows)
    divider = rest.takeRight(0)
    var listPart = rest
    var detailPart = rest.takeRight(0)
    switch panes {
    case .listOnly: break
    case .detailOnly: swap(&listPart, &detailPart)
    case .both:
      if size.columns >= share.sideBySideFrom {
        let columns = share.border.map { size.columns * $0 / 100 }
        listPart = rest.takeLeft(columns ?? min(share.listColumns, Layout.listColumns(of: size.columns)))
        divider = rest.takeLeft(1)
        detailPart = rest
      } else {
        let rows = share.border.map { max(3, rest.rows * $0 / 100) }
        let half = max(3, (rest.rows + 1) / 2)
        listPart = rest.takeTop(rows ?? min(half, max(6, share.listRows)))
        detailPart = rest
      }
    }
    if detailPart.columns == 0 { detailPart.rows = 0 }
    headings = listPart.takeTop(1)
    list = listPart
    // Side by side columns are short, and rows are not.
    rule = detailPart.takeTop(share.hasTabs && !divider.isEmpty && detailPart.rows >= 12 ? 2 : 1)
    detail = detailPart
  }

  /// Of a list with the detail at its right: three fifths, but what more than 77 columns the list has, it leaves to a
  /// detail that would be too narrow for 16 bytes a line.
  private static func listColumns(of columns: Int) -> Int {
    let (least, detail) = (77, HexView.columns(bytes: 16))
    return min(columns * 60 / 100, max(least, columns - detail - 1))
  }
}
