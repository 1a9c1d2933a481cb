"""Blender's Defocus node on a picture and a map of radii: run inside Blender, not by us.

    BPY_PYTHON blender_defocus.py IMAGE MAP OUT RADIUS_PX

For a Python with the ``bpy`` wheel (Blender 5.0 or later). 16-bit PNG in and out; the map holds
the radius over RADIUS_PX.
"""

import sys

import bpy

image_path, map_path, out_path, radius_px = sys.argv[1:5]
scene = bpy.context.scene
tree = bpy.data.node_groups.new("defocus", "CompositorNodeTree")
scene.compositing_node_group = tree
tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")


def source(path: str, colour_space: str) -> bpy.types.Node:
    node = tree.nodes.new("CompositorNodeImage")
    node.image = bpy.data.images.load(path)
    node.image.colorspace_settings.name = colour_space
    return node


picture, radii = source(image_path, "sRGB"), source(map_path, "Non-Color")
blur = tree.nodes.new("CompositorNodeDefocus")
blur.use_zbuffer = False  # the second input is a radius, in parts of z_scale pixels
blur.z_scale = float(radius_px)
blur.blur_max = float(radius_px)
blur.bokeh = "CIRCLE"
output = tree.nodes.new("NodeGroupOutput")
tree.links.new(picture.outputs["Image"], blur.inputs["Image"])
tree.links.new(radii.outputs["Image"], blur.inputs["Z"])
tree.links.new(blur.outputs["Image"], output.inputs[0])

render = scene.render
render.resolution_x, render.resolution_y = picture.image.size
render.resolution_percentage = 100
render.use_compositing = True
render.image_settings.file_format = "PNG"
render.image_settings.color_mode = "RGB"
render.image_settings.color_depth = "16"
scene.view_settings.view_transform = "Standard"
scene.display_settings.display_device = "sRGB"
render.filepath = out_path
bpy.ops.render.render(write_still=True)
