"""The cutting room: everything that reads, measures or makes picture and sound."""
