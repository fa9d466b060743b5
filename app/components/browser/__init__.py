"""What runs in the browser and several components share, and how their JavaScript gets there.

script      a component's JavaScript with all that it imports, as the one text that Streamlit takes
messages    what components send is carried out once, however fast messages follow each other
mounted     (JavaScript, like the rest) one object for each mounted element
element     elements, and the list of keys under a component
keys        whose key it is that was pressed
footage     a video and its two clocks
letters     random names
numbers     limits, and times as a person reads them
remembered  choices that a reload keeps
signals     what one component of a page says to the others
"""
