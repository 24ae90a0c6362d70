import CLinux
import Glibc
import MTAConfiguration
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
  private var sent = 0
  private var response = HTTPResponse()

  init(_ question: Question, _ line: [UInt8], _ connections: ServiceConnections) throws(Refusal) {
    self.question = question
    self.connections = connections
    request = Self.request(to: question.adviser.place, line)
    let kept = connections.takeKept(for: question.adviser.place)
    isUsed = kept != nil
    if let kept { socket = kept } else { socket = try connections.open(to: question.adviser.place) }
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
    guard isUsed, response.isEmpty else { return .failed(failure) }
    isUsed = false
    close(socket)
    sent = 0
    do throws(Refusal) { socket = try connections.open(to: question.adviser.place) } catch {
      socket = -1
      return .failed(error.sentence)
    }
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

  /// A connection that is being made.
  func open(to place: Adviser.Place) throws(Refusal) -> Int32 {
    let address: MilterAddress
    switch place {
    case .tcp(let host, let port, _): address = .inet(host: host, port: port, family: .any)
    case .unix(let socket, _): address = .unix(path: socket)
    case .program: throw Refusal("a program is no service")
    }
    let candidates: [SocketAddress]
    do throws(Resolution.Failure) { candidates = try Resolution.addresses(of: address) } catch {
      throw Refusal("it cannot be found: \(others: error.message)")
    }
    var code = EADDRNOTAVAIL
    for candidate in candidates {
      let socket = linux_stream_socket(candidate.family)
      guard socket >= 0 else { throw Refusal("no socket could be made") }
      if candidate.withPointer({ connect(socket, $0, $1) }) == 0 || errno == EINPROGRESS { return socket }
      code = errno
      close(socket)
    }
    throw Refusal("it cannot be reached: \(String(cString: strerror(code)).lowercased())")
  }
}
