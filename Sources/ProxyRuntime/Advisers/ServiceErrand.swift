import CLinux
import Glibc
import MilterProtocol
import ProxyCore
import TraceFormat
import TraceModel

/// A question at a service: the question is posted, and answered with 200 and instructions, or with 204 for none.
final class ServiceErrand: Errand {
  let question: Question
  private let request: [UInt8]
  private let connections: ServiceConnections
  private var socket: Int32
  /// It was asked before over the same connection, which it may have closed meanwhile.
  private var isUsed: Bool
  /// Addresses to try where this one cannot be reached.
  private var others: ArraySlice<SocketAddress>
  private var sent = 0
  private var response = HTTPResponse()

  init(_ question: Question, _ line: [UInt8], _ connections: ServiceConnections) throws(Refusal) {
    self.question = question
    self.connections = connections
    request = Self.request(to: question.adviser.place, line)
    let kept = connections.takeKept(for: question.adviser.place)
    isUsed = kept != nil
    others = []
    if let kept { socket = kept } else { socket = -1 }
    if socket < 0 { try open(connections.addresses(of: question.adviser.place)[...]) }
  }

  private func open(_ addresses: ArraySlice<SocketAddress>) throws(Refusal) {
    others = addresses
    var code = EADDRNOTAVAIL
    while let address = others.popFirst() {
      socket = linux_stream_socket(address.family)
      guard socket >= 0 else { throw Refusal("no socket could be made") }
      if address.withPointer({ connect(socket, $0, $1) }) == 0 || errno == EINPROGRESS { return }
      code = errno
      close(socket)
      socket = -1
    }
    throw Refusal("it cannot be reached: \(Self.words(of: code))")
  }

  deinit { if socket >= 0 { close(socket) } }

  var polled: [pollfd] {
    let events = Int16(POLLIN) | (sent < request.count ? Int16(POLLOUT) : 0)
    return [pollfd(fd: socket, events: events, revents: 0)]
  }

  private static func request(to place: Adviser.Place, _ line: [UInt8]) -> [UInt8] {
    let (host, path): (String, String)
    switch place {
    case .tcp(let name, let port, let under):
      (host, path) = ((name.contains(":") ? "[\(name)]" : name) + ":\(port)", under)
    case .unix(_, let under): (host, path) = ("localhost", under)
    case .program: (host, path) = ("", "")
    }
    let head = [
      "POST \(path) HTTP/1.1", "Host: \(host)", "User-Agent: mitmilter",
      "Accept: text/plain, application/json",
      "Content-Type: application/json", "Content-Length: \(line.count)", "", "",
    ]
    return Array(head.joined(separator: "\r\n").utf8) + line
  }

  func exchange() -> Advice? {
    if let failure = send() { return again(or: failure) }
    var piece = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(socket, &piece, piece.count)
      if count < 0, errno == EAGAIN || errno == EINTR { return nil }
      guard count > 0 else {
        if count == 0, response.end() { return advice }
        return again(or: "it closed the connection without an answer")
      }
      do throws(HTTPResponse.Failure) { try response.take(piece[..<count]) } catch {
        return .failed(error.why)
      }
      if response.isWhole {
        if response.keepsConnection, sent == request.count {
          connections.keep(socket, for: question.adviser.place)
          socket = -1
        }
        return advice
      }
    }
  }

  /// What went wrong; nil where all is well so far.
  private func send() -> Sentence? {
    while sent < request.count {
      let count = request[sent...].withUnsafeBytes { linux_send_now(socket, $0.baseAddress, $0.count) }
      guard count > 0 else {
        if errno == EAGAIN || errno == EINTR || errno == EINPROGRESS || errno == ENOTCONN {
          let error = linux_socket_error(socket)
          return error == 0 ? nil : "it cannot be reached: \(Self.words(of: error))"
        }
        return "it cannot be reached: \(Self.words(of: errno))"
      }
      sent += count
    }
    return nil
  }

  private static func words(of code: Int32) -> String { String(cString: strerror(code)).lowercased() }

  /// A connection that was kept, and is closed by now, says nothing about the service.
  private func again(or failure: Sentence) -> Advice? {
    let isUnreached = sent == 0 && !others.isEmpty
    guard isUsed && response.isEmpty || isUnreached else { return .failed(failure) }
    close(socket)
    (socket, sent) = (-1, 0)
    do throws(Refusal) {
      try open(isUsed ? connections.addresses(of: question.adviser.place)[...] : others)
    } catch {
      return .failed(error.sentence)
    }
    isUsed = false
    return nil
  }

  private var advice: Advice {
    switch response.status {
    case 204: return .instructions([])
    case 200: break
    default: return .failed("it answered \(response.status) \(others: response.reason)")
    }
    guard response.type == "application/json" else { return Advice(reading: response.body) }
    do throws(LineFault) { return Advice(lines: try AnswerJSON(response.body).instructions) } catch {
      return .failed("its answer is not JSON: \(error.text)")
    }
  }
}

/// Connections to services: those that wait for the next question.
final class ServiceConnections {
  private var kept: [Adviser.Place: [Int32]] = [:]

  private static let most = 8

  deinit { for socket in kept.values.joined() { close(socket) } }

  func takeKept(for place: Adviser.Place) -> Int32? { kept[place]?.popLast() }

  func keep(_ socket: Int32, for place: Adviser.Place) {
    if kept[place, default: []].count < Self.most {
      kept[place, default: []].append(socket)
    } else {
      close(socket)
    }
  }

  /// Where to reach it, in the order in which to try; nothing is looked up.
  func addresses(of place: Adviser.Place) -> [SocketAddress] {
    switch place {
    case .tcp("localhost", let port, _):
      return ["127.0.0.1", "::1"].compactMap { SocketAddress(literal: $0, port: port) }
    case .tcp(let host, let port, _): return SocketAddress(literal: host, port: port).map { [$0] } ?? []
    case .unix(let socket, _): return [SocketAddress(unix: socket)]
    case .program: return []
    }
  }
}
