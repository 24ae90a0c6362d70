import TestSupport
import Testing

@testable import ProxyRuntime

/// Answers of services, in whatever pieces they come.
@Suite struct HTTPResponseTests {
  struct Row: CustomTestStringConvertible {
    let answer: String
    let status: Int
    let body: String
    /// Whether it ends where the service closes.
    var endsWithConnection = false
    var keeps = true
    var testDescription: String { String(answer.prefix(40)) }
  }

  static let rows = [
    Row(answer: "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nreject", status: 200, body: "reject"),
    Row(answer: "HTTP/1.1 200 OK\ncontent-length:0\n\n", status: 200, body: ""),
    Row(answer: "HTTP/1.1 204 No Content\r\n\r\n", status: 204, body: ""),
    Row(
      answer:
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nrej\r\n3;x=y\r\nect\r\n0\r\nX: y\r\n\r\n",
      status: 200, body: "reject"),
    Row(
      answer: "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nreject", status: 200, body: "reject",
      endsWithConnection: true, keeps: false),
    Row(
      answer: "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", status: 200, body: "ok", keeps: false),
    Row(
      answer: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 Oh no\r\nContent-Length: 1\r\n\r\n!", status: 500,
      body: "!"),
  ]

  @Test(arguments: rows) func anAnswerIsTheSameInAnyPieces(row: Row) throws {
    for seed in 0..<50 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      var response = HTTPResponse()
      var rest = Array(row.answer.utf8)[...]
      while !rest.isEmpty {
        #expect(!response.isWhole || rest.isEmpty)
        let count = seed == 0 ? rest.count : Int.random(in: 1...min(9, rest.count), using: &generator)
        try response.take(rest.prefix(count))
        rest = rest.dropFirst(count)
      }
      if row.endsWithConnection {
        #expect(!response.isWhole)
        let ends = response.end()
        #expect(ends)
      }
      #expect(response.isWhole)
      #expect(response.status == row.status)
      #expect(String(decoding: response.body, as: UTF8.self) == row.body)
      #expect(response.keepsConnection == row.keeps)
    }
  }

  static let nonsense = [
    "SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 what\r\n\r\n", "\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\n",
  ]

  @Test(arguments: nonsense) func nonsenseIsNamed(answer: String) {
    #expect(throws: HTTPResponse.Failure.self) {
      var response = HTTPResponse()
      try response.take(Array(answer.utf8)[...])
    }
  }

  @Test func aHeadWithoutAnEndIsGivenUp() {
    #expect(throws: HTTPResponse.Failure.self) {
      var response = HTTPResponse()
      for _ in 0..<100 { try response.take([UInt8](repeating: 0x61, count: 1000)[...]) }
    }
  }
}
