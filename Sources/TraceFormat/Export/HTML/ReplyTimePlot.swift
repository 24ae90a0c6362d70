import MilterProtocol
import TraceModel

/// Reply times as drawings, on a scale of powers of ten: by stage, and over time.
///
/// Dots that would lie upon each other are one, so the size of a drawing does not grow with the trace.
struct ReplyTimePlot {
  private let times: [(stage: Stage, replies: [(at: Moment, took: Moment.Span)])]
  private let low: Int
  private let high: Int

  private static let width = 400
  private static let left = 64
  private static let right = 390
  private static let rowHeight = 22
  private static let plotHeight = 160

  init(_ times: [Stage: [(at: Moment, took: Moment.Span)]]) {
    self.times = Stage.allCases.compactMap { stage in times[stage].map { (stage, $0) } }
    let all = times.values.joined().map { Self.decades($0.took) }
    low = Int((all.min() ?? 1).rounded(.down))
    high = max(low + 1, Int((all.max() ?? 1).rounded(.up)))
  }

  /// Exponent of ten, of microseconds; nothing is quicker than one.
  private static func decades(_ span: Moment.Span) -> Double {
    let value = max(1, Double(span.microseconds))
    var exponent = 0.0
    var rest = value
    while rest >= 10 {
      rest /= 10
      exponent += 1
    }
    // Logarithm to the base of ten between 1 and 10, by halving.
    var step = 0.5
    var fraction = 0.0
    for _ in 0..<12 {
      rest *= rest
      if rest >= 10 {
        rest /= 10
        fraction += step
      }
      step /= 2
    }
    return exponent + fraction
  }

  private func share(_ span: Moment.Span) -> Double {
    (Self.decades(span) - Double(low)) / Double(high - low)
  }
  private func x(_ span: Moment.Span) -> Int { Self.left + Int(share(span) * Double(Self.right - Self.left)) }

  private static func label(_ decade: Int) -> String {
    let names = ["1 µs", "10 µs", "100 µs", "1 ms", "10 ms", "100 ms", "1 s", "10 s", "100 s"]
    return names.indices.contains(decade) ? names[decade] : "1e\(decade - 6) s"
  }

  var byStage: Markup {
    let height = times.count * Self.rowHeight + 24
    var drawing: Markup = ""
    for decade in low...high {
      let x = Self.left + (decade - low) * (Self.right - Self.left) / (high - low)
      drawing += """
        <line class="grid" x1="\(x)" x2="\(x)" y1="4" y2="\(height - 18)"/><text x="\(x)" y="\(height - 5)" \
        text-anchor="\(decade == high ? "end" : "middle")">\(Self.label(decade))</text>

        """
    }
    for (place, entry) in times.enumerated() {
      let y = place * Self.rowHeight + 16
      drawing += "<text x=\"0\" y=\"\(y + 3)\">\(entry.stage.name)</text>\n"
      for x in Set(entry.replies.map { x($0.took) }).sorted() {
        drawing += "<circle class=\"dot\" cx=\"\(x)\" cy=\"\(y)\" r=\"3\"/>"
      }
      let sorted = entry.replies.map(\.took).sorted { $0.microseconds < $1.microseconds }
      let median = x(sorted[sorted.count / 2])
      drawing += """
        <line class="median" x1="\(median)" x2="\(median)" y1="\(y - 7)" y2="\(y + 7)"><title>\(entry.stage.name): \
        median of \(sorted.count) \(TimeText.span(sorted[sorted.count / 2]))</title></line>

        """
    }
    return Self.drawing(drawing, height: height, "reply times by stage")
  }

  var overTime: Markup {
    let replies = times.flatMap(\.replies)
    guard let first = replies.map(\.at).min(), let last = replies.map(\.at).max()
    else {
      return ""
    }
    let height = Self.plotHeight + 24
    var drawing: Markup = ""
    for decade in low...high {
      let y = 8 + (high - decade) * Self.plotHeight / (high - low)
      drawing += """
        <line class="grid" x1="\(Self.left)" x2="\(Self.right)" y1="\(y)" y2="\(y)"/><text x="0" y="\(y + 3)">\
        \(Self.label(decade))</text>

        """
    }
    let length = Double(max(1, (last - first).microseconds))
    var dots = Set<Dot>()
    for reply in replies {
      let x = Double((reply.at - first).microseconds) / length * Double(Self.right - Self.left)
      dots.insert(Dot(x: Self.left + Int(x), y: 8 + Int((1 - share(reply.took)) * Double(Self.plotHeight))))
    }
    for dot in dots.sorted(by: { ($0.x, $0.y) < ($1.x, $1.y) }) {
      drawing += "<circle class=\"dot\" cx=\"\(dot.x)\" cy=\"\(dot.y)\" r=\"3\"/>"
    }
    let span = TimeText.span(last - first)
    drawing += """
      <text x="\(Self.left)" y="\(height - 2)">first reply</text><text x="\(Self.right)" y="\(height - 2)" \
      text-anchor="end">\(span) later</text>

      """
    return Self.drawing(drawing, height: height, "reply times over time")
  }

  private struct Dot: Hashable {
    var x: Int
    var y: Int
  }

  private static func drawing(_ content: Markup, height: Int, _ title: String) -> Markup {
    """
    <svg viewBox="0 0 \(width) \(height)" role="img" aria-label="\(title)">
    \(content)</svg>
    """
  }
}
