import MilterProtocol
import TraceModel

extension ExportFormat {
  package static let html = ExportFormat(
    "html", fileExtension: "html",
    "one page that a browser opens from disk: ladder, packets, mails, reply times; redacted",
    options: .isRedacted
  ) { HTMLExport($0) }
}

/// A page that loads nothing, a connection at a time.
///
/// It is bounded: what has no room any more is counted and told at the end, each packet whole or not at all.
struct HTMLExport: Exporter {
  private let input: ExportInput
  private let connections: [Int]
  private let limitBytes: Int
  private var room: Int
  private var packetsLeftOut = 0
  private var connectionsLeftOut = 0

  /// Beyond this, browsers get slow; what encloses the last part and the end come on top.
  static let limitBytes = 8_000_000

  init(_ input: ExportInput, limitBytes: Int = Self.limitBytes) {
    self.input = input
    self.limitBytes = limitBytes
    room = limitBytes
    connections = input.connections
  }

  /// The beginning, each connection, and the end.
  var stepCount: Int { connections.count + 2 }

  mutating func step(_ number: Int, into bytes: inout [UInt8]) {
    switch number {
    case 0:
      append(HTMLPage.head(title: "Milter session"), to: &bytes)
      append(HTMLOverview(input).markup, to: &bytes)
    case stepCount - 1:
      append(ending, to: &bytes)
      append(HTMLPage.end, to: &bytes)
    default: add(connection: connections[number - 1], to: &bytes)
    }
  }

  var remarks: [String] { leftOut.map { ["the page is full: \($0) left out"] } ?? [] }

  private mutating func add(connection c: Int, to bytes: inout [UInt8]) {
    guard room > 0, let facts = input.facts(ofConnection: c) else {
      if input.index.connections[c].packetCount > 0 { connectionsLeftOut += 1 }
      return
    }
    let connection = HTMLConnection(input, c, facts)
    append(connection.beginning, to: &bytes)
    for run in connection.runs {
      guard room > 0 else {
        packetsLeftOut += run.rows.count
        continue
      }
      append(connection.beginning(of: run), to: &bytes)
      append("<div class=\"packets\">\n", to: &bytes)
      for row in run.rows {
        guard room > 0 else {
          packetsLeftOut += 1
          continue
        }
        append(HTMLPacket(input, row).markup, to: &bytes)
      }
      append("</div>\n", to: &bytes)
    }
    append("</section>\n", to: &bytes)
  }

  private mutating func append(_ markup: Markup, to bytes: inout [UInt8]) {
    room -= markup.byteCount
    bytes.append(contentsOf: markup.text.utf8)
  }

  private var leftOut: String? {
    var parts: [String] = []
    if packetsLeftOut > 0 { parts.append(counted(packetsLeftOut, "packet")) }
    if connectionsLeftOut > 0 { parts.append(counted(connectionsLeftOut, "connection")) }
    return parts.isEmpty ? nil : parts.joined(separator: " and ")
  }

  private var ending: Markup {
    var markup: Markup = "<footer>\n"
    if let leftOut {
      markup += """
        <p class="card alarm">\(leftOut) left out to keep the page below \(limitBytes / 1_000_000) MB.
        Choose less with <code>-f</code>, or take the whole with <code>mitmilter export trace</code>.</p>

        """
    }
    markup += "<p class=\"soft\">Made with mitmilter.</p>\n</footer>\n"
    return markup
  }
}
