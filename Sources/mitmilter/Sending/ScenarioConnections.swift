import CommandLanguage
import MilterProtocol
import ProxyRuntime
import Sending

/// A scenario as connections of an MTA to a milter.
struct ScenarioConnections {
  struct Connection {
    var session: SendingSession
    var mails: [SentMail] = []
    var steps: [SendingMTA.Step] = []
    /// Of the mails.
    var names: [String] = []
    var checks: [Check] = []
    /// What the trace has before each act, in order.
    var notes: [Sentence] = []

    fileprivate init(_ session: SendingSession) { self.session = session }

    var script: SendingMTA { SendingMTA(session, mails, saying: steps) }
  }

  /// An `expect`.
  struct Check {
    let line: Int
    /// As written.
    let text: String
    let expression: Expression
    /// Of the connection's notes, the one of the act that it is about.
    let note: Int
  }

  let name: String
  /// What it knows of each client.
  private var base: SendingSession
  private let envelope: EnvelopeOptions
  private let arrival: Arrival
  private(set) var connections: [Connection] = []
  /// What the MTA knows by now.
  private var session: SendingSession
  private var hasGreeted = false
  private var content = Content.none
  private var mails = 0

  /// How far the content of the latest mail has come.
  private enum Content: Equatable {
    case none
    case headers
    /// What is not said yet begins there.
    case body(from: Int)
  }

  /// - Parameter path: of the file; `-` is standard input.
  init(_ path: String, _ session: SendingSession, _ envelope: EnvelopeOptions, _ arrival: Arrival) throws {
    (name, base, self.session) = (path == "-" ? "standard input" : path, session, session)
    (self.envelope, self.arrival) = (envelope, arrival)
    let scenario: Scenario
    let bytes = try wholeFile(path == "-" ? "/dev/stdin" : path, waiting: tell)
    do throws(RuleFile.Mistake) { scenario = try Scenario.parse(bytes, name: name) } catch {
      throw Failure(error.description, hint: "mitmilter help send has the words of a scenario")
    }
    for line in scenario.lines { try take(line) }
    endMail()
  }

  var mailCount: Int { connections.reduce(0) { $0 + $1.mails.count } }

  // MARK: - Lines

  private mutating func take(_ line: Scenario.Line) throws {
    switch line.act {
    case .body: break
    case .expect, .macro, .dropMacro: sayBody()
    case .header where content == .headers, .message where content == .headers, .end: sayBody()
    case _: if content != .none { endMail() }
    }
    if case .expect(let expression) = line.act { return check(line, expression) }
    if case .connect(let address, let name) = line.act { return try connect(address, name, line) }
    if connections.isEmpty {
      switch line.act {
      case .macro, .dropMacro: break
      case _:
        connections.append(Connection(session))
        say(.connect)
      }
    }
    switch line.act {
    case .mail, .auth: greet()
    case _: break
    }
    switch line.act {
    case .connect, .expect: break
    case .macro, .dropMacro: know(line.act)
    case .auth(let user):
      session.user = user
      say(.knows(session))
    case .helo, .startTLS, .mail, .rcpt, .data, .header, .message, .body, .end, .unknown, .rset, .quit:
      noteLine(line)
      try say(line)
    }
  }

  private mutating func say(_ line: Scenario.Line) throws {
    switch line.act {
    case .helo(let name):
      hasGreeted = true
      say(.helo(name))
    case .startTLS:
      session.isEncrypted = true
      say(.knows(session))
      say(.startTLS)
    case .mail(let sender): beginMail(sender, line)
    case .rcpt(let recipient):
      let place = change { mail in
        mail.recipients.append(recipient)
        return mail.recipients.count - 1
      }
      say(.rcpt(place))
    case .data: beginContent()
    case .header(let header):
      beginContent()
      add(TakenMail.Field(name: header.name, text: header.value))
    case .message(let path):
      let taken = TakenMail(try contents(path, line), as: session.mta)
      beginContent()
      for field in taken.headers { add(field) }
      endHeaders()
      append(taken.body)
    case .body(let text):
      beginContent()
      endHeaders()
      switch text {
      case .bytes(let bytes): append(bytes)
      case .file(let path): append(try contents(path, line))
      }
    case .end:
      beginContent()
      endMail()
    case .unknown(let words): say(.unknown(words))
    case .rset: say(.rset)
    case .quit: say(.quit)
    case .connect, .macro, .dropMacro, .auth, .expect: break
    }
  }

  private func contents(_ path: String, _ line: Scenario.Line) throws -> [UInt8] {
    do throws(FileFailure) { return try wholeFile(path) } catch {
      throw Failure("\(name):\(line.number): \(error.message)", hint: error.hint)
    }
  }

  /// A macro that is given before anybody connects has its value for all of them.
  private mutating func know(_ act: Scenario.Act) {
    switch act {
    case .macro(let stage, let name, let value): session.macros.set(name, to: value, at: stage)
    case .dropMacro(let name): session.macros.drop(name)
    case _: return
    }
    if connections.isEmpty { base = session } else { say(.knows(session)) }
  }

  private mutating func check(_ line: Scenario.Line, _ expression: Expression) {
    guard let last = connections.indices.last, let note = connections[last].notes.indices.last else { return }
    let text = String(decoding: line.text, as: UTF8.self).drop { $0 != " " && $0 != "\t" }
    connections[last].checks.append(
      Check(
        line: line.number, text: String(text.drop { $0 == " " || $0 == "\t" }), expression: expression,
        note: note))
  }

  // MARK: - Steps

  private mutating func say(_ step: SendingMTA.Step) { connections[connections.count - 1].steps.append(step) }

  private mutating func noteLine(_ line: Scenario.Line) {
    let text: Sentence = "line \(line.number): \(wire: line.text)"
    connections[connections.count - 1].notes.append(text)
    say(.note(text))
  }

  private mutating func connect(_ address: String?, _ name: [UInt8]?, _ line: Scenario.Line) throws {
    session = base
    if let address {
      session.client = try ClientOptions.client(address, of: "\(self.name):\(line.number): connect")
    }
    if let name { session.client.name = name }
    (hasGreeted, content) = (false, .none)
    connections.append(Connection(session))
    noteLine(line)
    say(.connect)
  }

  /// A client that says no HELO in the scenario says that of the command line.
  private mutating func greet() {
    if hasGreeted { return }
    hasGreeted = true
    for step in SendingMTA.greeting(session) + session.unknown.map({ .unknown($0) }) { say(step) }
  }

  private mutating func beginMail(_ sender: Envelope, _ line: Scenario.Line) {
    mails += 1
    let last = connections.count - 1
    connections[last].mails.append(
      SentMail(
        from: sender, to: [], queueID: envelope.queueID(mails, session.mta), TakenMail([], as: session.mta)))
    connections[last].names.append("\(name):\(line.number)")
    say(.mail(connections[last].mails.count - 1))
  }

  private mutating func change<Result>(_ change: (inout SentMail) -> Result) -> Result {
    let last = connections.count - 1
    let mail = connections[last].mails.count - 1
    return change(&connections[last].mails[mail])
  }

  private mutating func beginContent() {
    guard content == .none else { return }
    content = .headers
    say(.data)
  }

  private mutating func add(_ field: TakenMail.Field) {
    let place = change { mail in
      mail.mail.headers.append(field)
      return mail.mail.headers.count - 1
    }
    say(.header(place))
  }

  private mutating func endHeaders() {
    guard content == .headers else { return }
    let (session, arrival) = (session, arrival)
    let added = change { mail in
      let before = mail.mail.headers.count
      mail.complete(by: session, at: arrival)
      return before..<mail.mail.headers.count
    }
    for place in added { say(.header(place)) }
    say(.eoh)
    content = .body(from: 0)
  }

  private mutating func append(_ bytes: [UInt8]) { change { $0.mail.body += bytes } }

  /// Lines that follow one another go into a packet as an MTA fills it.
  private mutating func sayBody() {
    guard case .body(let start) = content else { return }
    let end = change { $0.mail.body.count }
    for step in SendingMTA.chunks(start..<end) { say(step) }
    content = .body(from: end)
  }

  private mutating func endMail() {
    guard content != .none else { return }
    endHeaders()
    sayBody()
    say(.bodyEOB)
    content = .none
  }
}
