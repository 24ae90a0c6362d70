import CLinux
import Glibc
import MTAConfiguration
import MilterProtocol
import TraceModel

/// Lets screens and scripts of other processes look at a run and act in it, through a unix socket.
///
/// A thread of its own: whoever floods it, stops reading or dies keeps nobody waiting, least of all mail. What an operator sees is
/// the trace, which is handed over as an open file; what they ask goes to the engine as the screen's requests do
/// (``ControlRequest``). Each answer is a line: `ok`, `error` with words, or `lines` with a number of lines.
package final class ControlServer: Sendable {
  package struct Access: Sendable {
    package var path: String
    /// Of the socket; nil: only the user of this process and root may connect.
    package var group: gid_t?

    package init(path: String, group: gid_t?) { (self.path, self.group) = (path, group) }
  }

  /// What is being recorded: a file by its name, which may be another one later, or one without a name.
  package enum Trace: Sendable {
    case named(String)
    case unnamed(Int32)
  }

  private let orders = Mailbox<Order>()
  private let thread: Thread

  fileprivate enum Order: Sendable { case screenLeft, stop }

  /// Listens, and answers from now on.
  ///
  /// - Parameter hasScreen: an operator watches in this process.
  package init(
    at access: Access, program: String, trace: Trace, keepsOnDetach: Bool, hasScreen: Bool, startedAt: Int64,
    requests: Mailbox<Engine.Request>
  ) throws(Listener.Failure) {
    let mode: mode_t = access.group == nil ? 0o600 : 0o660
    let listener = try Listener(
      on: .unix(path: access.path), access: SocketAccess(mode: mode, group: access.group))
    let loop = ControlLoop(
      listener, orders,
      ControlLoop.Facts(
        program: program, trace: trace, startedAt: startedAt, keepsOnDetach: keepsOnDetach,
        takesGroup: access.group != nil,
        requests: requests),
      hasScreen: hasScreen)
    thread = Thread { loop.run() }
  }

  /// The operator of this process is gone; others may be there.
  package func screenLeft() { orders.post(.screenLeft) }

  /// Every peer sees the end; the socket's file goes.
  package func stop() {
    orders.post(.stop)
    thread.join()
  }
}

/// The server's turn of its thread.
///
/// Sendable, because it is made by whoever starts the thread, handed over once, and touched by nobody else.
private final class ControlLoop: @unchecked Sendable {
  struct Facts {
    let program: String
    let trace: ControlServer.Trace
    let startedAt: Int64
    let keepsOnDetach: Bool
    /// The socket's mode says who may connect, and not their user alone.
    let takesGroup: Bool
    let requests: Mailbox<Engine.Request>
  }

  private let listener: Listener
  private let orders: Mailbox<ControlServer.Order>
  private let facts: Facts
  private let answers = Mailbox<Answer>()
  private var peers: [ControlPeer] = []
  private var hasScreen: Bool
  private var nextPeer = 1
  private var wasAttended: Bool

  private struct Answer: Sendable {
    let peer: Int
    let status: Engine.Status
    let asked: ControlRequest
  }

  init(
    _ listener: consuming Listener, _ orders: Mailbox<ControlServer.Order>, _ facts: Facts, hasScreen: Bool
  ) {
    self.listener = listener
    self.orders = orders
    self.facts = facts
    self.hasScreen = hasScreen
    wasAttended = hasScreen
  }

  func run() {
    while true {
      var polled = [orders.descriptor, answers.descriptor].map {
        pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
      }
      let takesMore = peers.count < Self.mostPeers
      polled.append(pollfd(fd: takesMore ? listener.descriptor : -1, events: Int16(POLLIN), revents: 0))
      polled += peers.map { pollfd(fd: $0.descriptor, events: $0.events, revents: 0) }
      _ = poll(&polled, nfds_t(polled.count), -1)
      for order in orders.take() {
        switch order {
        case .screenLeft:
          hasScreen = false
          facts.requests.post(.note("the screen lost its terminal; mail goes on"))
        case .stop: return
        }
      }
      for answer in answers.take() { tell(answer) }
      for place in peers.indices where polled[3 + place].revents != 0 { serve(place) }
      if polled[2].revents != 0 { accept() }
      forgetTheGone()
      tellAttendance()
    }
  }

  private static let mostPeers = 32

  private func accept() {
    var (address, length) = (sockaddr_storage(), socklen_t(0))
    let socket = linux_accept(listener.descriptor, &address, &length)
    guard socket >= 0 else { return }
    var peer = ControlPeer(socket, number: nextPeer)
    nextPeer += 1
    if !facts.takesGroup, peer.user != 0, peer.user != geteuid() {
      peer.answer("error this run is of another user")
      peer.isEnding = true
    } else {
      greet(&peer)
    }
    peers.append(peer)
  }

  private func greet(_ peer: inout ControlPeer) {
    let path: String
    switch facts.trace {
    case .named(let name): path = name
    case .unnamed(let descriptor): path = "/proc/self/fd/\(descriptor)"
    }
    // A file of its own: two readers would move each other's place.
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
    guard file >= 0 else {
      peer.answer("error the trace cannot be read: \(String(cString: strerror(errno)).lowercased())")
      peer.isEnding = true
      return
    }
    let name = if case .named(let name) = facts.trace { name } else { "-" }
    peer.greet("\(ControlProtocol.greeting) \(facts.program) \(name)", handing: file)
    close(file)
  }

  private func serve(_ place: Int) {
    peers[place].exchange()
    while !peers[place].isWaiting, let asked = peers[place].next() { obey(asked, place) }
  }

  private func obey(_ request: ControlRequest, _ place: Int) {
    switch request {
    case .attend:
      if !peers[place].isAttending {
        peers[place].isAttending = true
        note(peers[place], "attached a screen")
      }
      peers[place].answer("ok \(facts.keepsOnDetach ? "keep" : "forward")")
    // Which connection holds it is the engine's to say.
    case .instruct(_, 0, _, _): ask(request, place)
    case .instruct(let instruction, let connection, let packet, let body):
      let number = packet == 0 ? nil : packet
      facts.requests.post(
        .instruct(instruction, connection: connection, packet: number, body: body, .operator))
      peers[place].answer("ok")
    case .forwardAll: post(.forwardAll(.operator), place)
    case .setRules(let rules): post(.setRules(rules, fromOutside: true), place)
    case .addRule(let rule): post(.addRule(rule), place)
    case .arm(let isOn): post(.arm(isOn), place)
    case .listRules, .status, .stats: ask(request, place)
    }
  }

  /// Has the engine tell how things are; the answer follows.
  private func ask(_ request: ControlRequest, _ place: Int) {
    peers[place].isWaiting = true
    let (peer, answers) = (peers[place].number, answers)
    facts.requests.post(.report { answers.post(Answer(peer: peer, status: $0, asked: request)) })
  }

  private func post(_ request: Engine.Request, _ place: Int) {
    facts.requests.post(request)
    peers[place].answer("ok")
  }

  private func tell(_ answer: Answer) {
    guard let place = peers.firstIndex(where: { $0.number == answer.peer }) else { return }
    peers[place].isWaiting = false
    let report = ControlReport(
      answer.status, program: facts.program, startedAt: facts.startedAt, operators: operators,
      trace: facts.trace)
    switch answer.asked {
    case .instruct(let instruction, _, let packet, let body):
      if let held = answer.status.held.first(where: { $0.packet == packet }) {
        obey(.instruct(instruction, connection: held.connection, packet: packet, body: body), place)
      } else {
        peers[place].answer("error packet \(packet) is not held")
      }
    case .listRules: tell(answer.status.rules, place)
    case .stats: tell(report.prometheus, place)
    case .status, .attend, .forwardAll, .setRules, .addRule, .arm: tell([report.json], place)
    }
    serve(place)
  }

  private func tell(_ lines: [String], _ place: Int) {
    peers[place].answer((["lines \(lines.count)"] + lines).joined(separator: "\n"))
  }

  // MARK: - Who is there

  private var operators: Int { peers.count { $0.isAttending } + (hasScreen ? 1 : 0) }

  private func forgetTheGone() {
    for peer in peers where peer.isGone && peer.isAttending { note(peer, "left the screen") }
    peers.removeAll { $0.isGone }
  }

  private func tellAttendance() {
    let isAttended = operators > 0
    guard isAttended != wasAttended else { return }
    wasAttended = isAttended
    facts.requests.post(.attend(isAttended))
  }

  private func note(_ peer: ControlPeer, _ what: String) {
    facts.requests.post(.note("\(others: peer.name) \(what), process \(Int(peer.process))"))
  }
}

/// What both sides of a control socket begin with.
enum ControlProtocol {
  static let version = 1
  static let greeting = "mitmilter-control \(version)"
}
