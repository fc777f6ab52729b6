"""The services of the mesh, one room each."""
