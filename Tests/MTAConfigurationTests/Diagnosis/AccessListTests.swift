import MTAConfiguration
import Testing

/// Access lists beside the twelve bits, judged as the kernel does.
@Suite struct AccessListTests {
  private let postfix = Account(name: "postfix", user: 103, groups: [106, 45])

  private func mayConnect(_ entries: [AccessList.Entry], mode: UInt32) -> Bool {
    let socket = PathSurvey.Component(
      "/run/x", .socket, owner: .init(0, "root"), group: .init(45, "milter"), mode: mode,
      list: .list(AccessList(entries)))
    return PathSurvey(path: "/run/x", components: [socket]).obstacles(for: postfix).isEmpty
  }

  private static let user = AccessList.Whose.user(.init(103, "postfix"))
  private static let group = AccessList.Whose.group(.init(106, "postfix"))

  @Test(arguments: [
    ([AccessList.Entry(user, 6), .init(.owningGroup, 0), .init(.mask, 6), .init(.others, 0)], 0o660, true),
    // Its own entry decides, whatever its groups and others may do.
    ([.init(user, 4), .init(.owningGroup, 6), .init(.mask, 6), .init(.others, 6)], 0o666, false),
    // The mask takes away what an entry gives.
    ([.init(user, 6), .init(.owningGroup, 0), .init(.mask, 4), .init(.others, 0)], 0o640, false),
    // Any of its groups is enough, and once one counts, others do not.
    ([.init(.owningGroup, 0), .init(group, 6), .init(.mask, 6), .init(.others, 0)], 0o660, true),
    ([.init(.owningGroup, 0), .init(group, 4), .init(.mask, 6), .init(.others, 6)], 0o666, false),
    // A mask that gives nothing: the twelve bits count alone.
    ([.init(user, 6), .init(.owningGroup, 6), .init(.mask, 0), .init(.others, 6)], 0o606, false),
  ])
  func aListDecidesAsTheKernelDoes(_ entries: [AccessList.Entry], mode: UInt32, isOpen: Bool) {
    #expect(mayConnect(entries, mode: mode) == isOpen)
  }

  @Test func itIsReadAsTheKernelKeepsIt() {
    let bytes: [UInt8] = [
      2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 6, 0, 103, 0, 0, 0, 4, 0, 4, 0, 255, 255, 255, 255,
      16, 0, 6, 0, 255, 255, 255, 255, 32, 0, 0, 0, 255, 255, 255, 255,
    ]
    func read(_ bytes: [UInt8]) -> AccessList? {
      AccessList(bytes, user: { .init($0, "postfix") }, group: { .init($0) })
    }
    #expect(read(bytes)?.words == "user:postfix:rw- group::r-- mask::rw-")
    #expect(read(Array(bytes.dropLast())) == nil && read([1] + bytes.dropFirst()) == nil && read([]) == nil)
  }
}
