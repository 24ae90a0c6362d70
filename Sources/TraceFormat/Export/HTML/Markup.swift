import MilterProtocol

/// A piece of HTML. What stands in a literal is markup; whatever is put into it is text and comes out as text, by its
/// type: nothing of a mail can become a tag, an attribute or a script.
///
///     "<td>\(wire: header.value)</td>"     bytes of a peer: inert, escaped, cut
///     "<td>\(note.text)</td>"              a string that may quote one: the same
///     "<ul>\(items)</ul>"                  markup again
struct Markup: ExpressibleByStringInterpolation {
  private(set) var text: String

  init() { text = "" }
  init(stringLiteral literal: String) { text = literal }
  init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

  init(joining pieces: some Sequence<Markup>) { text = pieces.map(\.text).joined() }

  static func += (markup: inout Markup, more: Markup) { markup.text += more.text }

  var isEmpty: Bool { text.isEmpty }
  var byteCount: Int { text.utf8.count }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity * 2) }

    mutating func appendLiteral(_ literal: String) { text += literal }
    mutating func appendInterpolation(_ markup: Markup) { text += markup.text }
    mutating func appendInterpolation(_ number: Int) { text += String(number) }
    /// A string that is ours or may quote a stranger.
    mutating func appendInterpolation(_ string: String, limit: Int = 2000) {
      appendInterpolation(wire: string.utf8, limit: limit)
    }
    /// One that is safe to print already (``PacketSummary``), of a line or several.
    mutating func appendInterpolation(inert string: String) { escape(string) }
    mutating func appendInterpolation(wire bytes: some Collection<UInt8>, limit: Int = 2000) {
      escape(InertText.string(escaping: Array(bytes.prefix(limit))))
      if bytes.count > limit { text += "…" }
    }

    private mutating func escape(_ string: String) {
      for scalar in string.unicodeScalars {
        switch scalar {
        case "&": text += "&amp;"
        case "<": text += "&lt;"
        case ">": text += "&gt;"
        case "\"": text += "&quot;"
        case "'": text += "&#39;"
        default: text.unicodeScalars.append(scalar)
        }
      }
    }
  }
}

func + (a: Markup, b: Markup) -> Markup {
  var both = a
  both += b
  return both
}
