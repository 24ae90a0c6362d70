import Glibc
import MTAConfiguration

/// Users and groups, as this machine knows them.
package enum Accounts {
  /// nil where there is no such user.
  package static func account(_ name: String) -> Account? {
    guard let entry = getpwnam(name) else { return nil }
    let (user, group) = (entry.pointee.pw_uid, entry.pointee.pw_gid)
    var groups = [gid_t](repeating: 0, count: most)
    var count = Int32(groups.count)
    guard getgrouplist(name, group, &groups, &count) >= 0 else {
      return Account(name: name, user: user, groups: [group])
    }
    return Account(name: name, user: user, groups: Array(groups.prefix(Int(count))))
  }

  static func user(_ id: uid_t) -> PathSurvey.Name {
    PathSurvey.Name(id, getpwuid(id).map { String(cString: $0.pointee.pw_name) })
  }

  static func group(_ id: gid_t) -> PathSurvey.Name {
    PathSurvey.Name(id, getgrgid(id).map { String(cString: $0.pointee.gr_name) })
  }

  /// Groups of one user that are counted.
  private static let most = 1024
}
