-- miltertest (Debian) in an MTA's place, at mitmilter with the rules of test_clients.py: every verdict, every change.
-- miltertest -s everything.lua -D socket=inet:PORT@HOST

local conn

local function open(helo)
  conn = mt.connect(socket, 50, 0.1)
  if conn == nil then error("nobody listens at " .. socket) end
  mt.conninfo(conn, "client.example.org", "192.0.2.7")
  mt.helo(conn, helo or "client.example.org")
end

local function expect(reply, about)
  if mt.getreply(conn) ~= reply then
    error(about .. ": expected " .. string.char(reply) .. ", there is " .. string.char(mt.getreply(conn)))
  end
end

local function changed(...)
  local arguments = table.pack(...)
  if not mt.eom_check(conn, ...) then
    error("missing or different: " .. tostring(arguments[1]) .. " " .. tostring(arguments[2]))
  end
end

-- A mail up to its end; what is expected of the verdict at a stage stands in `wanted`.
local function mail(sender, wanted)
  mt.macro(conn, SMFIC_MAIL, "i", "4Xy")
  local steps = {
    { "mail", function() mt.mailfrom(conn, sender) end },
    { "rcpt", function() mt.rcptto(conn, "<first@example.net>") end },
    { "data", function() mt.data(conn) end },
    { "header", function() mt.header(conn, "Subject", "hello") end },
    { "eoh", function() mt.eoh(conn) end },
    { "body", function() mt.bodystring(conn, "A line.\r\n") end },
    { "end", function() mt.eom(conn) end },
  }
  for _, step in ipairs(steps) do
    step[2]()
    local reply = wanted[step[1]]
    expect(reply or (step[1] == "end" and SMFIR_ACCEPT or SMFIR_CONTINUE), sender .. " at " .. step[1])
    if reply ~= nil then return end
  end
end

local letters = {
  accept = SMFIR_ACCEPT, reject = SMFIR_REJECT, tempfail = SMFIR_TEMPFAIL, discard = SMFIR_DISCARD,
  reply = SMFIR_REPLYCODE,
}

for _, stage in ipairs({ "mail", "rcpt", "data", "header", "eoh", "body", "end" }) do
  for verdict, letter in pairs(letters) do
    open()
    mail("<" .. stage .. "-" .. verdict .. "@example.org>", { [stage] = letter })
    mt.disconnect(conn)
  end
end

open("tempfail.example.org")
expect(SMFIR_TEMPFAIL, "HELO")
mt.disconnect(conn)

open()
mt.unknown(conn, "XFOO")
expect(SMFIR_REPLYCODE, "UNKNOWN")
mail("<plain@example.org>", {})
mail("<words@example.org>", { ["end"] = SMFIR_REPLYCODE })
changed(MT_SMTPREPLY, "550", "5.7.1", "100%% no")
mail("<change@example.org>", {})
changed(MT_HDRADD, "X-Added", "yes")
changed(MT_HDRINSERT, "X-Inserted", "top", 0)
changed(MT_HDRCHANGE, "Subject", "[tag] hello")
changed(MT_RCPTADD, "<added@example.net>")
changed(MT_RCPTDELETE, "<first@example.net>")
changed(MT_BODYCHANGE, "new body\r\n")
changed(MT_QUARANTINE, "odd")
mt.disconnect(conn)
mt.echo("all of it")
