/// What the dissector does with its tables.
enum WiresharkLua {
  static let body = #"""
    local milter = Proto("milter", "Milter Protocol")
    milter.prefs.port = Pref.range("TCP ports", "", "Ports of milters, as 8891,9000-9002; "
      .. "without any, connections go by how they begin", 65535)

    local f = {}
    local function field(kind, name, label, ...)
      f[name] = ProtoField[kind]("milter." .. name, label, ...)
    end
    field("string", "from", "From")
    field("string", "name", "Packet")
    field("uint32", "length", "Length", base.DEC)
    field("string", "code", "Code")
    field("uint32", "version", "Version", base.DEC)
    field("uint32", "actions", "Actions", base.HEX)
    field("uint32", "protocol", "Protocol", base.HEX)
    field("uint32", "stage", "Stage", base.DEC, STAGES)
    field("string", "names", "Macro names")
    field("string", "macro.command", "For command")
    field("string", "macro", "Macro")
    field("string", "macro.name", "Name")
    field("string", "macro.value", "Value")
    field("string", "connect.hostname", "Hostname")
    field("string", "connect.family", "Family")
    field("uint16", "connect.port", "Port", base.DEC)
    field("string", "connect.address", "Address")
    field("string", "helo.name", "Name")
    field("string", "mail.address", "Sender")
    field("string", "mail.argument", "Argument")
    field("string", "rcpt.address", "Recipient")
    field("string", "rcpt.argument", "Argument")
    field("string", "parameters", "Parameters")
    field("string", "header.name", "Header name")
    field("string", "header.value", "Header value")
    field("uint32", "index", "Index", base.DEC)
    field("bytes", "body", "Body")
    field("string", "line", "Line")
    field("string", "reason", "Reason")
    field("string", "reply.code", "Reply code")
    field("string", "reply.enhanced", "Enhanced status")
    field("string", "reply.text", "Text")
    field("bytes", "payload", "Payload")
    field("bytes", "surplus", "Surplus")
    local function flags(prefix, table_)
      for _, bit in ipairs(table_) do
        bit.field = prefix .. "." .. bit.name:lower()
        f[bit.field] = ProtoField.bool("milter." .. bit.field, bit.name, 32, nil, bit.mask)
      end
    end
    flags("actions", ACTIONS)
    flags("protocol", PROTOCOL)
    local list = {}
    for _, one in pairs(f) do list[#list + 1] = one end
    milter.fields = list

    local malformed = ProtoExpert.new("milter.malformed", "Malformed milter packet",
      expert.group.MALFORMED, expert.severity.WARN)
    local unusual = ProtoExpert.new("milter.unknown_code", "A code that this sender does not use",
      expert.group.UNDECODED, expert.severity.WARN)
    local missing = ProtoExpert.new("milter.missing", "Bytes that the capture does not have",
      expert.group.SEQUENCE, expert.severity.WARN)
    milter.experts = { malformed, unusual, missing }

    -- A reader of one packet: `at` goes from the start of the payload to `stop`.
    local Reader = {}
    Reader.__index = Reader

    function Reader:left() return self.stop - self.at end

    function Reader:wrong(why)
      if self.faulty then return end
      self.faulty = true
      self.tree:add_proto_expert_info(malformed, why)
    end

    -- Bytes of a string with its NUL, and the string; to the end of the packet where the NUL is missing.
    function Reader:string()
      local size = 0
      while self.at + size < self.stop and self.tvb(self.at + size, 1):uint() ~= 0 do size = size + 1 end
      local has_nul = self.at + size < self.stop
      if not has_nul then self:wrong(size == 0 and "a string is missing" or "a string without its NUL") end
      local text = size > 0 and self.tvb(self.at, size):string() or ""
      local range = self.tvb(self.at, has_nul and size + 1 or size)
      self.at = self.at + range:len()
      return range, text
    end

    function Reader:z(name)
      if self:left() == 0 then
        self:wrong("a string is missing")
        return ""
      end
      local range, text = self:string()
      self.tree:add(f[name], range, text)
      return text
    end

    function Reader:o(name) if self:left() > 0 then return self:z(name) end end
    function Reader:l(name) while self:left() > 0 do self:z(name) end end

    function Reader:n(name)
      if self:left() < 4 then
        self:wrong("a number is cut short")
        self.at = self.stop
        return nil
      end
      local range = self.tvb(self.at, 4)
      self.at = self.at + 4
      return range:uint(), self.tree:add(f[name], range), range
    end

    function Reader:b(name)
      if self:left() == 0 then return end
      self.tree:add(f[name], self.tvb(self.at, self:left()))
      self.at = self.stop
    end

    function Reader:bits(name, table_)
      local value, item, range = self:n(name)
      if not value then return end
      local set = {}
      for _, bit in ipairs(table_) do
        item:add(f[bit.field], range)
        if math.floor(value / bit.mask) % 2 == 1 then set[#set + 1] = bit.name end
      end
      if #set > 0 then item:append_text(" (" .. table.concat(set, " ") .. ")") end
    end

    function Reader:optneg()
      self:n("version")
      self:bits("actions", ACTIONS)
      self:bits("protocol", PROTOCOL)
      while not self.from_mta and self:left() > 0 do self:symlist() end
    end

    function Reader:symlist()
      if self:n("stage") then self:z("names") end
    end

    function Reader:macro()
      if self:left() == 0 then return self:wrong("the command is missing") end
      self.tree:add(f["macro.command"], self.tvb(self.at, 1))
      self.at = self.at + 1
      while self:left() > 0 do
        local start = self.at
        local name_range, name = self:string()
        local value_range, value
        if self:left() > 0 then value_range, value = self:string() end
        local item = self.tree:add(f["macro"], self.tvb(start, self.at - start), name .. "=" .. (value or ""))
        item:add(f["macro.name"], name_range, name)
        if value_range then item:add(f["macro.value"], value_range, value) end
      end
    end

    function Reader:connect()
      self:z("connect.hostname")
      if self:left() == 0 then return self:wrong("the family is missing") end
      local family = self.tvb(self.at, 1):string()
      self.tree:add(f["connect.family"], self.tvb(self.at, 1))
      self.at = self.at + 1
      if not family:find("[46L]") then return end
      if self:left() < 2 then return self:wrong("the port is cut short") end
      self.tree:add(f["connect.port"], self.tvb(self.at, 2))
      self.at = self.at + 2
      self:z("connect.address")
    end

    local function part(reader, name, from, to)
      if to > from then reader.tree:add(f[name], reader.tvb(from, to - from)) end
    end

    -- Lines of "ddd text" or "ddd-text", the enhanced status code in front of the text.
    function Reader:replycode()
      if self:left() == 0 then return self:wrong("a string is missing") end
      local base_at = self.at
      local range, text = self:string()
      local start = 1
      repeat
        local stop = text:find("[\r\n]", start) or #text + 1
        local line = text:sub(start, stop - 1)
        local at = base_at + start - 1
        part(self, "reply.code", at, at + math.min(3, #line))
        local words = line:sub(5)
        local status = words:match("^[^ ]*")
        local enhanced = status:match("^%d%.%d%d?%d?%.%d%d?%d?$")
        local text_at = at + math.min(4, #line)
        if enhanced then
          part(self, "reply.enhanced", text_at, text_at + #enhanced)
          text_at = math.min(text_at + #enhanced + 1, at + #line)
        end
        local last = stop > #text
        part(self, "reply.text", text_at, at + #line + (last and range:len() - #text or 0))
        start = text:sub(stop, stop + 1) == "\r\n" and stop + 2 or stop + 1
      until start > #text
    end

    -- The packet that is all of `tvb`, under the root of its frame. Returns its name.
    local function dissect(tvb, from_mta, root)
      local size = tvb(0, 4):uint()
      local code = size > 0 and tvb:len() > 4 and tvb(4, 1):string() or ""
      local known = (from_mta and COMMANDS or REPLIES)[code]
      local name = known and known.name
        or (size == 0 and "EMPTY" or string.format("CODE-%02X", tvb(4, 1):uint()))
      local tree = root:add(milter, tvb(0, tvb:len()), "Milter " .. name)
      tree:add(f["from"], from_mta and "mta" or "milter"):set_generated()
      tree:add(f["name"], name):set_generated()
      tree:add(f["length"], tvb(0, 4))
      if size > 0 then tree:add(f["code"], tvb(4, 1)) end
      local reader = setmetatable(
        { tvb = tvb, tree = tree, at = math.min(5, tvb:len()), stop = tvb:len(), from_mta = from_mta }, Reader)
      if known then
        for word in known.layout:gmatch("%S+") do
          local how, field_name = word:match("^(%l):(.*)$")
          if how then reader[how](reader, field_name) else reader[word](reader) end
        end
        if reader:left() > 0 then
          reader:wrong("bytes behind the end")
          reader:b("surplus")
        end
      else
        tree:add_proto_expert_info(unusual)
        reader:b("payload")
      end
      return name
    end

    -- What a stream is, told from its bytes.

    local function number(bytes, at)
      local a, b, c, d = bytes:byte(at, at + 3)
      return ((a * 256 + b) * 256 + c) * 256 + d
    end

    -- The first packet of every connection, of both sides.
    local function begins_with_optneg(bytes)
      return #bytes >= 5 and bytes:byte(5) == 0x4F and number(bytes, 1) >= 13 and number(bytes, 1) <= LARGEST
    end

    -- Whether a whole packet could be what its code says; bodies could be anything, and prove nothing.
    local function fits(layout, payload)
      if layout == "" then return payload == "" end
      if layout == "b:body" then return nil end
      if layout == "macro" then return COMMANDS[payload:sub(1, 1)] ~= nil and (#payload == 1 or payload:byte(-1) == 0) end
      if layout == "optneg" then return #payload >= 12 end
      if layout == "replycode" then return payload:find("^[45]%d%d") ~= nil and payload:byte(-1) == 0 end
      return payload:byte(-1) == 0
    end

    -- Who sends a segment that begins with a packet, "mta" or "milter"; nil where that cannot be told.
    local function sender_of(bytes)
      for side, codes in pairs({ mta = COMMANDS, milter = REPLIES }) do
        local at, proven = 1, false
        while true do
          if #bytes - at < 4 then break end
          local size, known = number(bytes, at), codes[bytes:sub(at + 4, at + 4)]
          if not known or size < 1 or size > LARGEST then proven = false break end
          if #bytes - at < 3 + size then break end
          local fit = fits(known.layout, bytes:sub(at + 5, at + 3 + size))
          if fit == false or (fit == nil and not proven) then proven = false break end
          proven = true
          at = at + 4 + size
        end
        if proven and bytes:byte(5) ~= 0x4F then return side end
      end
      return nil
    end

    -- Streams are put together here and not by TCP's own reassembly, which by default hands nothing on that came out of
    -- order or a second time, and stops at a hole.

    local MODULUS = 4294967296
    local function distance(from, to)
      local d = (to - from) % MODULUS
      return d < MODULUS / 2 and d or d - MODULUS
    end

    -- By TCP stream: { mta = "address port", is_milter, is_other, directions = by "address port" of the sender }.
    local streams = {}
    -- By frame: what is complete in it, as { at, size } of its payload or { bytes }, or { note }; false for nothing.
    local frames = {}
    -- Streams that "Decode As" gave to us: the port of the milter.
    local decoded_as = {}

    local Direction = {}
    Direction.__index = Direction

    local function new_direction()
      return setmetatable(
        { rest = "", skip = 0, waiting = {}, unknown = {}, lost = false, asked = 0 }, Direction)
    end

    -- Bytes in order, `offset` of their frame's payload; finds the packets that end in them.
    function Direction:take(bytes, offset, found)
      local at = 1
      if self.skip > 0 then
        local skipped = math.min(self.skip, #bytes)
        self.skip = self.skip - skipped
        at = at + skipped
      end
      if self.lost then
        if at > #bytes then return end
        if sender_of(bytes:sub(at)) ~= self.side then return end
        self.lost = false
      end
      local joined = #self.rest
      local all = self.rest .. bytes:sub(at)
      local shift = offset + at - 1 - joined
      local next_at = 1
      while #all - next_at >= 3 do
        local size = number(all, next_at)
        if size > LARGEST then
          found[#found + 1] = { bytes = all:sub(next_at, next_at + 15), note = "a length of " .. size .. " bytes" }
          self.skip = math.max(0, 4 + size - (#all - next_at + 1))
          next_at = #all + 1
          break
        end
        if #all - next_at < 3 + size then break end
        if next_at > joined then
          found[#found + 1] = { at = shift + next_at - 1, size = 4 + size }
        else
          found[#found + 1] = { bytes = all:sub(next_at, next_at + 3 + size) }
        end
        next_at = next_at + 4 + size
      end
      self.rest = all:sub(next_at)
    end

    -- A segment as it came: what is old is left out, what is early waits.
    function Direction:segment(sequence, bytes, found, elsewhere)
      self.expected = self.expected or sequence
      local early = distance(self.expected, sequence)
      if early > 0 then
        self.waiting[#self.waiting + 1] = { sequence = sequence, bytes = bytes }
        return
      end
      self:in_order(bytes, -early, found, elsewhere)
      self:waited(found)
    end

    -- How the stream begins, five bytes of it if they are there, from what waits to be known and this segment.
    function Direction:opening(sequence, bytes)
      local known = {}
      local function add(start, more)
        for i = 1, math.min(#more, 5) do
          local place = distance(self.expected, start) + i
          if place >= 1 and place <= 5 then known[place] = more:sub(i, i) end
        end
      end
      for _, early in ipairs(self.unknown) do add(early.sequence, early.bytes) end
      add(sequence, bytes)
      local opening = ""
      for place = 1, 5 do
        if not known[place] then break end
        opening = opening .. known[place]
      end
      return opening
    end

    -- Bytes of which the first `known` were there before; of a frame `elsewhere` only the bytes are at hand.
    function Direction:in_order(bytes, known, found, elsewhere)
      if known >= #bytes then return end
      self.expected = (self.expected + #bytes - known) % MODULUS
      local from = #found
      self:take(bytes:sub(known + 1), known, found)
      if not elsewhere then return end
      for i = from + 1, #found do
        local one = found[i]
        if one.at then found[i] = { bytes = bytes:sub(one.at + 1, one.at + one.size) } end
      end
    end

    -- Takes what waited and is due now.
    function Direction:waited(found)
      table.sort(self.waiting, function(a, b) return distance(a.sequence, b.sequence) > 0 end)
      while #self.waiting > 0 do
        local early = distance(self.expected, self.waiting[1].sequence)
        if early > 0 then return end
        local segment = table.remove(self.waiting, 1)
        self:in_order(segment.bytes, -early, found, true)
      end
      self.asked = 0
    end

    -- The peer has `acknowledged` what never came: the capture does not have it. Asked twice, for frames on loopback may
    -- stand in a capture before what they acknowledge.
    function Direction:give_up(acknowledged, found)
      if #self.waiting == 0 or distance(self.waiting[1].sequence, acknowledged) < 0 then return end
      self.asked = self.asked + 1
      if self.asked < 2 then return end
      local hole = distance(self.expected, self.waiting[1].sequence)
      found[#found + 1] = { bytes = "", note = hole .. " bytes are not in the capture" }
      self.expected = self.waiting[1].sequence
      if #self.rest >= 4 and 4 + number(self.rest, 1) >= #self.rest + hole then
        self.skip = 4 + number(self.rest, 1) - #self.rest - hole
      elseif self.skip >= hole and #self.rest == 0 and self.skip > 0 then
        self.skip = self.skip - hole
      else
        self.skip, self.lost = 0, true
      end
      self.rest = ""
      self:waited(found)
    end

    local stream_of, payload_of = Field.new("tcp.stream"), Field.new("tcp.payload")
    local sequence_of, acknowledgment_of = Field.new("tcp.seq_raw"), Field.new("tcp.ack_raw")
    local flags_of = Field.new("tcp.flags")

    local function value_of(field)
      local infos = { field() }
      return #infos > 0 and infos[#infos].value or nil
    end
    local function ends(pinfo)
      return tostring(pinfo.src) .. " " .. pinfo.src_port, tostring(pinfo.dst) .. " " .. pinfo.dst_port
    end

    local function is_chosen(port)
      for first, last_ in tostring(milter.prefs.port):gmatch("(%d+)%-?(%d*)") do
        if port >= tonumber(first) and port <= (tonumber(last_) or tonumber(first)) then return true end
      end
      return false
    end

    -- Whether this is milter traffic, and who is the MTA. Asked again until it is known.
    local function recognise(stream, direction, source, target, pinfo, bytes)
      local port = stream.port
      if is_chosen(pinfo.dst_port) or port == pinfo.dst_port then
        stream.mta, stream.is_milter = stream.mta or source, true
      elseif is_chosen(pinfo.src_port) or port == pinfo.src_port then
        stream.mta, stream.is_milter = stream.mta or target, true
      elseif direction.expected then
        -- From its beginning: what is in order is looked at, and five bytes tell.
        local opening = direction:opening(value_of(sequence_of), bytes)
        if #opening < 5 then return end
        if begins_with_optneg(opening) then
          stream.mta, stream.is_milter = stream.mta or source, true
        else
          stream.is_other = true
        end
      else
        local side = begins_with_optneg(bytes) and "mta" or sender_of(bytes)
        if side then stream.mta, stream.is_milter = side == "mta" and source or target, true end
      end
    end

    local function new_stream()
      return { directions = setmetatable({}, { __index = function(all, source)
        all[source] = new_direction()
        return all[source]
      end }) }
    end

    -- What a frame brings, found once, when frames come in their order.
    local function follow(pinfo, key, payload)
      local source, target = ends(pinfo)
      local stream = streams[key]
      if not stream then
        stream = new_stream()
        streams[key] = stream
      end
      if stream.is_other then return false end
      stream.port = decoded_as[key]
      local flags, sequence = value_of(flags_of) or 0, value_of(sequence_of)
      local has_syn, has_ack = math.floor(flags / 2) % 2 == 1, math.floor(flags / 16) % 2 == 1
      local direction, other = stream.directions[source], stream.directions[target]
      if has_syn then
        direction.expected = (sequence + 1) % MODULUS
        -- Who opens the connection is the MTA, whoever is seen to speak first.
        stream.mta = stream.mta or (has_ack and target or source)
      end
      local found = {}
      if payload then
        local bytes = payload.range:raw()
        if not stream.is_milter then recognise(stream, direction, source, target, pinfo, bytes) end
        if stream.is_milter then
          direction.side = source == stream.mta and "mta" or "milter"
          if not direction.expected then direction.lost = sender_of(bytes) ~= direction.side and not begins_with_optneg(bytes) end
          for _, early in ipairs(direction.unknown) do
            direction:segment(early.sequence, early.bytes, found, true)
          end
          direction.unknown = {}
          direction:segment(sequence, bytes, found)
        elseif direction.expected and #direction.unknown < 64 then
          direction.unknown[#direction.unknown + 1] = { sequence = sequence, bytes = bytes }
        end
      end
      local own = #found
      if stream.is_milter and has_ack then other:give_up(value_of(acknowledgment_of), found) end
      for i, one in ipairs(found) do one.from_mta = (stream.mta == source) == (i <= own) end
      return #found > 0 and found
    end

    local function show(one, payload, root)
      if one.note then
        local tree = root:add(milter, "Milter: " .. one.note)
        tree:add_proto_expert_info(one.bytes == "" and missing or malformed, one.note)
        return one.note
      end
      local tvb = one.at and payload.range(one.at, one.size):tvb()
        or ByteArray.new(one.bytes, true):tvb("Milter packet")
      return (one.from_mta and "→ " or "← ") .. dissect(tvb, one.from_mta, root)
    end

    -- It looks at every frame after all other dissectors, so that neither the port, nor what another one makes of the bytes,
    -- nor TCP's preferences count.
    local follower = Proto("milter_streams", "Milter connections")
    function follower.init() streams, frames, decoded_as = {}, {}, {} end
    function follower.dissector(tvb, pinfo, root)
      local key = value_of(stream_of)
      if not key then return end
      local payloads = { payload_of() }
      local payload = payloads[#payloads]
      -- The first pass of some programs has no fields: what counts is when a frame is first seen with them.
      if frames[pinfo.number] == nil then frames[pinfo.number] = follow(pinfo, key, payload) end
      local found = frames[pinfo.number]
      if not found then return end
      local words = {}
      for _, one in ipairs(found) do words[#words + 1] = show(one, payload, root) end
      pinfo.cols.protocol = "Milter"
      pinfo.cols.info = table.concat(words, ", ")
    end
    register_postdissector(follower, true)
    -- Lets the graphical program have the fields from its first pass on, where frames come in their order.
    local fields = Listener.new("frame", "tcp", true)
    function fields.packet() end
    function fields.draw() end
    function fields.reset() end

    -- "Decode As" says which port is the milter's.
    function milter.dissector(tvb, pinfo, root)
      local key = value_of(stream_of)
      if key and not decoded_as[key] then decoded_as[key] = pinfo.match_uint end
      return tvb:len()
    end
    DissectorTable.get("tcp.port"):add_for_decode_as(milter)
    """#
}
