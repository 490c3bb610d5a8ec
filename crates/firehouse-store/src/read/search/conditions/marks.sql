hasAll(marks, {marks:Array(String)})
