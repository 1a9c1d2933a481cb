--[[ darktable: export the selected photos as 16-bit TIFF beside their raw files, edit them in the
studio of defocus, and import the portraits, grouped with their originals.

For Linux and macOS: copy to ~/.config/darktable/lua/ and add  require "defocus"  to ~/.config/darktable/luarc. ]]

local darktable = require "darktable"

local command = os.getenv("DEFOCUS_COMMAND") or "defocus"

local function quoted(path)
  return "'" .. path:gsub("'", "'\\''") .. "'"
end

local function is_there(path)
  local file = io.open(path)
  if file ~= nil then file:close() end
  return file ~= nil
end

if is_there(command) then command = quoted(command) end  -- a path may hold spaces

local function free_name(image)
  local stem = image.path .. "/" .. image.filename:gsub("%.[^.]*$", "")
  local name, number = stem .. "-portrait.tif", 2
  while is_there(name) do
    name = stem .. "-portrait-" .. number .. ".tif"
    number = number + 1
  end
  return name
end

local function edit(images)
  local format = darktable.new_format("tiff")
  format.bpp = 16
  local made, words = {}, command .. " edit --keep-original no"
  for _, image in ipairs(images) do
    local name = free_name(image)
    format:write_image(image, name, false)
    if is_there(name) then
      made[#made + 1] = { image = image, name = name }
      words = words .. " " .. quoted(name)
    else
      darktable.print("defocus: " .. image.filename .. " cannot be exported")
    end
  end
  if #made == 0 then return end
  local code = darktable.control.execute(words)
  if code > 255 then code = code // 256 end  -- what C's system() says on Linux and macOS
  for _, one in ipairs(made) do
    if code == 0 then
      local portrait = darktable.database.import(one.name)
      portrait:group_with(one.image.group_leader)
    else
      os.remove(one.name)
    end
  end
  if code ~= 0 and code ~= 1 then darktable.print("defocus failed: see the terminal") end
end

darktable.gui.libs.image.register_action(
  "defocus", "portrait mode", function(_, images) edit(images) end, "edit in defocus"
)
