import MilterProtocol

/// What an SMTP client does, and what is expected to come of it: a file of acts, one a line (`docs/send.md`).
///
/// Comments and lines that go on are those of ``RuleFile``.
package struct Scenario: Sendable {
  package var lines: [Line]

  package struct Line: Sendable {
    /// From 1.
    package let number: Int
    /// As written.
    package let text: [UInt8]
    package let act: Act
  }

  package enum Act: Sendable {
    /// Another connection, of a client of that address and name where they are given.
    case connect(address: String?, name: [UInt8]?)
    case helo([UInt8])
    case startTLS
    case auth([UInt8])
    /// nil for wherever an MTA sends it.
    case macro(MacroStage?, name: [UInt8], value: [UInt8])
    case dropMacro([UInt8])
    case mail(Envelope)
    case rcpt(Envelope)
    case data
    /// Its value is all behind the colon.
    case header(Header)
    /// Headers and body of a file.
    case message(file: String)
    case body(Text)
    case end
    case unknown([UInt8])
    case rset
    /// About what the act before it came to.
    case expect(Expression)
    case quit
  }

  package enum Text: Equatable, Sendable {
    case bytes([UInt8])
    case file(String)
  }

  /// - Parameter name: as it is to be called in errors.
  package static func parse(_ bytes: [UInt8], name: String) throws(RuleFile.Mistake) -> Scenario {
    var lines: [Line] = []
    var order = ScenarioOrder()
    for line in RuleFile.logicalLines(bytes) {
      do throws(SyntaxError) {
        var parser = ScenarioParser(line.text)
        let act = try parser.act()
        if let objection = order.objection(to: act) {
          throw SyntaxError(objection.0, hint: objection.1, in: line.text, at: parser.word)
        }
        lines.append(Line(number: line.number, text: line.text, act: act))
      } catch {
        throw line.mistake(error, in: name)
      }
    }
    guard order.hasBegun else {
      throw RuleFile.Mistake(
        file: name, line: 1,
        error: SyntaxError("nothing is said in it", hint: "mail from <a@example.org>", in: [], at: 0..<0))
    }
    return Scenario(lines: lines)
  }
}

/// In which order a client can say what it says.
private struct ScenarioOrder {
  private(set) var hasBegun = false
  private var place = Place.nowhere
  private var hasRecipient = false
  private var hasQuit = false

  private enum Place {
    /// Nothing has been said on this connection.
    case nowhere
    case session, mail, headers, body

    var isContent: Bool { self == .headers || self == .body }
  }

  /// Why an act cannot stand here, and what to do about it; takes it in otherwise.
  mutating func objection(to act: Scenario.Act) -> (String, String)? {
    if hasQuit {
      guard case .connect = act else {
        if case .expect = act { return nil }
        return ("the client has quit", "connect begins another connection")
      }
    }
    switch act {
    case .connect: (place, hasQuit) = (.session, false)
    case .macro, .dropMacro: return nil
    case .helo, .startTLS, .auth, .unknown:
      place = place == .mail ? .mail : .session
      if case .helo = act { place = .session }
    case .mail:
      if place == .mail {
        return ("a mail is open already", "rset takes it back, header or data goes on with it")
      }
      (place, hasRecipient) = (.mail, false)
    case .rcpt:
      guard place == .mail else {
        return ("there is no mail that it could be a recipient of", "mail from <a@example.org>")
      }
      hasRecipient = true
    case .data, .header, .message, .body, .end:
      if let objection = content(act) { return objection }
    case .rset: place = .session
    case .expect:
      if place == .nowhere { return ("nothing has been said before it", "connect says no more than that") }
    case .quit: hasQuit = true
    }
    hasBegun = true
    return nil
  }

  private mutating func content(_ act: Scenario.Act) -> (String, String)? {
    guard place == .mail || place.isContent else {
      return ("there is no mail that it could be of", "mail from <a@example.org>")
    }
    guard hasRecipient else { return ("the mail has no recipient", "rcpt to <b@example.net>") }
    switch act {
    case .data where place.isContent: return ("the content has begun already", "leave it out")
    case .header where place == .body, .message where place == .body:
      return ("the body has begun already", "headers come before it")
    case .data, .header: place = .headers
    case .end: place = .session
    case _: place = .body
    }
    return nil
  }
}
